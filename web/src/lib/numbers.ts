/**
 * Numbers that identify firms and people, judged while they are typed.
 * The server's rules are the same (directory/registrations/numbers.py), and the server decides.
 */

export type Fault = "format" | "authority" | "region" | "organisation_check" | "check" | "birth_date" | "sequence";

const BLOCKS = [[11, 15], [21, 23], [31, 37], [41, 46], [50, 54], [61, 65], [71, 71], [81, 82]] as const;
const isProvince = (text: string): boolean => BLOCKS.some(([from, to]) => Number(text) >= from && Number(text) <= to);

/** GB 32100-2015: no I, O, S, V, Z, which are misread. */
const USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/** GB 32100 table 1: the kinds each registering authority may give. */
const KINDS: Record<string, string> = {
  1: "1239", 2: "19", 3: "123459", 4: "19", 5: "1239", 6: "129", 7: "129", 8: "19", 9: "123", A: "19", N: "1239", Y: "1",
};
const ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];
const IDENTITY_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** The remainder a check stands on; never negative. */
const modulo = (value: number, by: number): number => ((value % by) + by) % by;

function weigh(text: string, alphabet: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, at) => sum + weight * alphabet.indexOf(text.charAt(at)), 0);
}

function creditCheck(body: string): string {
  const weights = [1];
  while (weights.length < body.length) weights.push(((weights.at(-1) ?? 1) * 3) % 31);
  return USCC.charAt(modulo(-weigh(body, USCC, weights), 31));
}

const organisationCheck = (body: string): string =>
  "0123456789X".charAt(modulo(-weigh(body, ORGANISATION, ORGANISATION_WEIGHTS), 11));

/** A unified social credit code, with the organisation code inside it. */
export function faultOfCreditCode(typed: string): Fault | null {
  const text = typed.toUpperCase();
  if (!new RegExp(`^[${USCC}]{2}\\d{6}[${USCC}]{10}$`).test(text)) return "format";
  if (!(KINDS[text.charAt(0)] ?? "").includes(text.charAt(1))) return "authority";
  if (!isProvince(text.slice(2, 4)) && text.slice(2, 4) !== "10") return "region";
  if (organisationCheck(text.slice(8, 16)) !== text.charAt(16)) return "organisation_check";
  return creditCheck(text.slice(0, 17)) === text.charAt(17) ? null : "check";
}

/** A resident identity number (GB 11643). `today`: "2026-11-21". */
export function faultOfIdentityNumber(typed: string, today: string): Fault | null {
  const text = typed.toUpperCase();
  if (!/^\d{17}[\dX]$/.test(text)) return "format";
  if (!isProvince(text.slice(0, 2))) return "region";
  const born = `${text.slice(6, 10)}-${text.slice(10, 12)}-${text.slice(12, 14)}`;
  if (!isDay(born) || born < "1880-01-01" || born > today) return "birth_date";
  if (text.slice(14, 17) === "000") return "sequence";
  const check = "10X98765432".charAt(weigh(text, "0123456789", IDENTITY_WEIGHTS) % 11);
  return check === text.charAt(17) ? null : "check";
}

function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

export const isPhone = (text: string): boolean => /^1[3-9]\d{9}$/.test(text);

export const isEmail = (text: string): boolean =>
  text.length <= 254 && /^[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}$/.test(text);

/** How many of capitals, small letters, digits and signs a password holds. */
export const kindsIn = (password: string): number =>
  [/\p{Lu}/u, /\p{Ll}/u, /\d/, /[^\p{L}\p{N}]/u].filter((one) => one.test(password)).length;
