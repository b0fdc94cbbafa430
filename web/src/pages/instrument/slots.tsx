/** Free time as a list: the way to pick a slot by keyboard or by ear. */

import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useLang } from "../../i18n";
import { byDay, type Span } from "../../lib/slots";
import { dayKey, formatClock, formatDayKey, formatSpan } from "../../lib/time";

const SHOWN_PER_DAY = 4;

export function FreeSlots({ free, zone, chosen, choose }: {
  free: readonly Span[];
  zone: string;
  chosen: Span | null;
  choose: (span: Span) => void;
}) {
  const { t } = useTranslation();
  const lang = useLang();
  const [open, setOpen] = useState<string | null>(null);
  if (free.length === 0) return <p className="soft">{t("instrument.noFree")}</p>;
  return (
    <div className="slot-days">
      {byDay(free, zone).map(({ day: key, spans }) => {
        const shown = open === key ? spans : spans.slice(0, SHOWN_PER_DAY);
        return (
          <section key={key}>
            <h3>{formatDayKey(key, lang)}</h3>
            <ul>
              {shown.map((span) => {
                const inside = !!chosen && span.from <= chosen.from && chosen.to <= span.to;
                const end = dayKey(span.to, zone) === key ? formatClock(span.to, zone) : "24:00";
                return (
                  <li key={span.from}>
                    <button type="button" className="slot" aria-pressed={inside} onClick={() => choose(span)}
                      aria-label={t("instrument.pickSpan", { span: formatSpan(span.from, span.to, zone, lang) })}>
                      {formatClock(span.from, zone)}–{end}
                    </button>
                  </li>
                );
              })}
            </ul>
            {spans.length > shown.length && (
              <Button type="link" size="small" onClick={() => setOpen(key)}>{t("instrument.moreFree", { count: spans.length - shown.length })}</Button>
            )}
          </section>
        );
      })}
    </div>
  );
}
