/** Money is whole fen everywhere; it becomes yuan only on the screen. */

const SIGNS: Record<string, string> = { CNY: "¥" };

/** Writes fen as an amount, without ever passing through a float. */
export function formatFen(fen: number, currency = "CNY"): string {
  if (!Number.isSafeInteger(fen)) throw new RangeError(`not whole fen: ${fen}`);
  const digits = Math.abs(fen).toString().padStart(3, "0");
  const yuan = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = SIGNS[currency] ?? `${currency} `;
  return `${fen < 0 ? "−" : ""}${sign}${yuan}.${digits.slice(-2)}`;
}

/** The same for prices on cards: no decimals where they say nothing. */
export function formatFenShort(fen: number, currency = "CNY"): string {
  return formatFen(fen, currency).replace(/\.00$/, "");
}
