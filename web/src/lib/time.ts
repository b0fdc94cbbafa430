/** Instants and the wall clock of a lab. Instants are epoch milliseconds; the zone is an argument. */

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export type Lang = "zh" | "en";

export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    clocks.set(zone, clock);
  }
  return clock;
}

/** What the clock on the lab's wall shows at an instant. */
export function toWall(instant: number, zone: string): Wall {
  const found: Record<string, number> = {};
  for (const part of clockOf(zone).formatToParts(instant)) found[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = found;
  return { year, month, day, hour, minute, second };
}

function wallAsUtc(wall: Wall): number {
  return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
}

/** The instant at which that wall clock shows this. A time skipped in spring moves forward. */
export function fromWall(wall: Omit<Wall, "second">, zone: string): number {
  const wanted = wallAsUtc({ ...wall, second: 0 });
  const first = wanted - (wallAsUtc(toWall(wanted, zone)) - wanted);
  const shift = wallAsUtc(toWall(first, zone)) - first;
  return wanted - shift;
}

const two = (n: number): string => n.toString().padStart(2, "0");

export function dayKey(instant: number, zone: string): string {
  const w = toWall(instant, zone);
  return `${w.year}-${two(w.month)}-${two(w.day)}`;
}

export function dayFromKey(key: string, zone: string): number {
  const [year = 1970, month = 1, day = 1] = key.split("-").map(Number);
  return fromWall({ year, month, day, hour: 0, minute: 0 }, zone);
}

export function addDays(key: string, days: number): string {
  const [year = 1970, month = 1, day = 1] = key.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1, day + days)).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY);
}

/** 0 for Monday … 6 for Sunday. */
export function weekday(key: string): number {
  return (new Date(`${key}T00:00:00Z`).getUTCDay() + 6) % 7;
}

export function isDayKey(text: string | null): text is string {
  return !!text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

/** "09:30" on the lab's wall; "24:00" is what a slot that ends at midnight says. */
export function formatClock(instant: number, zone: string): string {
  const w = toWall(instant, zone);
  return `${two(w.hour)}:${two(w.minute)}`;
}

export function formatClockSeconds(instant: number, zone: string): string {
  return `${formatClock(instant, zone)}:${two(toWall(instant, zone).second)}`;
}

const WEEKDAYS: Record<Lang, string[]> = {
  zh: ["周一", "周二", "周三", "周四", "周五", "周六", "周日"],
  en: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
};
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function formatDayKey(key: string, lang: Lang): string {
  const [, month = 1, day = 1] = key.split("-").map(Number);
  const name = WEEKDAYS[lang][weekday(key)] ?? "";
  return lang === "zh" ? `${month}月${day}日 ${name}` : `${name} ${day} ${MONTHS[month - 1] ?? ""}`;
}

export function formatDay(instant: number, zone: string, lang: Lang): string {
  return formatDayKey(dayKey(instant, zone), lang);
}

/** A date with its year: for what holds for long. */
export function formatDate(instant: number, zone: string, lang: Lang): string {
  const { year, month, day } = toWall(instant, zone);
  return lang === "zh" ? `${year}年${month}月${day}日` : `${day} ${MONTHS[month - 1] ?? ""} ${year}`;
}

/** "11月23日 周一 09:00–12:00"; the second day is named only when it is another. */
export function formatSpan(from: number, to: number, zone: string, lang: Lang): string {
  const start = `${formatDay(from, zone, lang)} ${formatClock(from, zone)}`;
  if (dayKey(from, zone) === dayKey(to, zone)) return `${start}–${formatClock(to, zone)}`;
  const endsAtMidnight = formatClock(to, zone) === "00:00" && to - from <= DAY;
  if (endsAtMidnight && dayKey(from, zone) === dayKey(to - 1, zone)) return `${start}–24:00`;
  return `${start} – ${formatDay(to, zone, lang)} ${formatClock(to, zone)}`;
}

export function formatInstant(instant: number, zone: string, lang: Lang): string {
  return `${formatDay(instant, zone, lang)} ${formatClock(instant, zone)}`;
}

/** "2 小时 30 分" / "2 h 30 min": lengths of slots and of machine time. */
export function formatLength(ms: number, lang: Lang): string {
  const [h, min, s] = lang === "zh" ? [" 小时", " 分", " 秒"] : [" h", " min", " s"];
  const whole = Math.max(0, Math.round(ms / 1000));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const seconds = whole % 60;
  const words = [];
  if (hours) words.push(`${hours}${h}`);
  if (minutes) words.push(`${minutes}${min}`);
  if (!hours && (seconds || !minutes)) words.push(`${seconds}${s}`);
  return words.join(" ");
}

/** How old a value is, as short as it can be said. */
export function formatAge(ms: number, lang: Lang): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [sec, min, h, d, ago] =
    lang === "zh" ? [" 秒", " 分钟", " 小时", " 天", "前"] : [" s", " min", " h", " d", " ago"];
  if (s < 60) return `${s}${sec}${ago}`;
  if (s < 3600) return `${Math.floor(s / 60)}${min}${ago}`;
  if (s < 86_400) return `${Math.floor(s / 3600)}${h}${ago}`;
  return `${Math.floor(s / 86_400)}${d}${ago}`;
}

/** "UTC+8" for the one place on a page that names the zone. */
export function zoneOffset(instant: number, zone: string): string {
  const minutes = Math.round((wallAsUtc(toWall(instant, zone)) - Math.floor(instant / 1000) * 1000) / MINUTE);
  const sign = minutes < 0 ? "−" : "+";
  const rest = Math.abs(minutes) % 60;
  return `UTC${sign}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${two(rest)}` : ""}`;
}

/** "2026-11-23T09:00:00" on the lab's wall, for a calendar that knows no zones. */
export function toWallIso(instant: number, zone: string): string {
  const w = toWall(instant, zone);
  return `${w.year}-${two(w.month)}-${two(w.day)}T${two(w.hour)}:${two(w.minute)}:${two(w.second)}`;
}

export function fromWallIso(text: string, zone: string): number {
  const found = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+)/.exec(text);
  if (!found) throw new RangeError(`not a wall time: ${text}`);
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = found.slice(1).map(Number);
  return fromWall({ year, month, day, hour, minute }, zone);
}
