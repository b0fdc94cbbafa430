/** Spans of time under one another, over the same axis: what was reserved, and what was used. */

import { useTranslation } from "react-i18next";

import { formatClock, MINUTE } from "../lib/time";
import "./band.css";

export interface Bar {
  kind: "booked" | "present" | "metered";
  from: number;
  to: number;
}

export function Band({ bars, zone, label }: { bars: Bar[]; zone: string; label: string }) {
  const { t } = useTranslation();
  const from = Math.min(...bars.map((bar) => bar.from));
  const span = Math.max(...bars.map((bar) => bar.to), from + MINUTE) - from;
  const share = (ms: number): string => `${((ms / span) * 100).toFixed(2)}%`;
  return (
    <figure className="band" aria-label={label}>
      {bars.map((bar) => (
        <div key={bar.kind} className="band-row">
          <span className="faint">{t(`lease.${bar.kind}`)}</span>
          <span className="band-track">
            <i className={`band-${bar.kind}`} style={{ left: share(bar.from - from), width: share(Math.max(bar.to - bar.from, span / 200)) }} />
          </span>
          <span className="faint num nowrap">{formatClock(bar.from, zone)}–{formatClock(bar.to, zone)}</span>
        </div>
      ))}
    </figure>
  );
}
