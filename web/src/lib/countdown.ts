/** How much time is left, with its seconds only where they matter. */

import { DAY, formatLength, HOUR, type Lang, MINUTE } from "./time";

const two = (n: number): string => n.toString().padStart(2, "0");

/** "2 天 3 小时", "5 小时 12 分", "09:59". */
export function formatCountdown(ms: number, lang: Lang): string {
  const left = Math.max(0, ms);
  if (left >= DAY) {
    const days = Math.floor(left / DAY);
    const hours = Math.floor((left % DAY) / HOUR);
    return lang === "zh" ? `${days} 天 ${hours} 小时` : `${days} d ${hours} h`;
  }
  if (left >= HOUR) return formatLength(Math.floor(left / MINUTE) * MINUTE, lang);
  const seconds = Math.ceil(left / 1000);
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}
