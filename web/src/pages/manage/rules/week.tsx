/** A week as it will be: opening hours, dearer hours, special days, closures; each day a row of 24 hours. */

import { Button } from "antd";
import { useTranslation } from "react-i18next";

import { useLang } from "../../../i18n";
import { addDays, dayFromKey, formatDayKey } from "../../../lib/time";
import { clockOf, DAY_S, type Window, windowsOn } from "../../../lib/week";
import type { BoardClosure } from "../calendar/board";
import type { SpecialDay } from "./asked";

interface Bar {
  kind: "open" | "dear" | "closed";
  from: number;
  to: number;
  words: string;
}

const HOURS = [0, 4, 8, 12, 16, 20, 24];

export function WeekPicture({ first, windows, specials, closures, zone, go }: {
  /** Monday. */
  first: string;
  windows: Window[];
  specials: SpecialDay[];
  closures: BoardClosure[];
  zone: string;
  go: (first: string) => void;
}) {
  const { t } = useTranslation();
  const lang = useLang();
  const name = (permille: number): string => (permille > 0 ? ` +${permille / 10} %` : "");
  const barsOf = (day: string, index: number): Bar[] => {
    const starts = dayFromKey(day, zone);
    const found = windowsOn(day, index, windows, specials);
    const open: Bar[] = (found ?? [{ weekday: index + 1, opens_s: 0, closes_s: DAY_S, is_extended: false, surcharge_permille: 0 }]).map((one) => ({
      kind: one.is_extended ? "dear" : "open", from: one.opens_s, to: one.closes_s, words: `${clockOf(one.opens_s)}–${clockOf(one.closes_s)}${name(one.surcharge_permille)}`,
    }));
    const closed = closures.map((one): Bar => {
      const [from, to] = [one.starts_at, one.ends_at].map((at) => Math.min(DAY_S, Math.max(0, (Date.parse(at) - starts) / 1000)));
      return { kind: "closed", from: from ?? 0, to: to ?? 0, words: one.reason_zh };
    }).filter((bar) => bar.to > bar.from);
    return [...open, ...closed];
  };
  return (
    <figure className="week" aria-label={t("rules.week")} data-week={first}>
      <div className="row spread">
        <ul className="row legend">
          {(["open", "dear", "closed"] as const).map((kind) => <li key={kind} className="row tight"><i className={`swatch week-${kind}`} aria-hidden="true" />{t(`rules.legend.${kind}`)}</li>)}
        </ul>
        <div className="row tight">
          <Button size="small" aria-label={t("labCalendar.previous")} onClick={() => go(addDays(first, -7))}>‹</Button>
          <span className="num soft">{formatDayKey(first, lang)} – {formatDayKey(addDays(first, 6), lang)}</span>
          <Button size="small" aria-label={t("labCalendar.next")} onClick={() => go(addDays(first, 7))}>›</Button>
        </div>
      </div>
      <div className="week-hours" aria-hidden="true">{HOURS.map((hour) => <span key={hour} style={{ left: `${(hour / 24) * 100}%` }}>{hour}</span>)}</div>
      {Array.from({ length: 7 }, (_, index) => {
        const day = addDays(first, index);
        const bars = barsOf(day, index);
        const isSpecial = specials.some((one) => one.day === day);
        const open = bars.filter((bar) => bar.kind !== "closed").map((bar) => bar.words).join("、");
        return (
          <div key={day} className="week-row" data-day={day}>
            <span className={isSpecial ? "week-day special" : "week-day"}>{formatDayKey(day, lang)}{isSpecial && <small>{t("rules.special")}</small>}</span>
            <span className="week-track" title={bars.map((bar) => bar.words).join(" · ")}>
              <span className="seen-by-readers">{open || t("rules.shut")}</span>
              {bars.map((bar, at) => <i key={at} className={`week-${bar.kind}`} style={{ left: `${(bar.from / DAY_S) * 100}%`, width: `${((bar.to - bar.from) / DAY_S) * 100}%` }} aria-hidden="true">{bar.kind === "dear" ? bar.words.replace(/^\S+\s?/, "") : ""}</i>)}
              {bars.every((bar) => bar.kind === "closed") && <em>{t("rules.shut")}</em>}
            </span>
          </div>
        );
      })}
    </figure>
  );
}
