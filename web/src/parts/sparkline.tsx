/** A small moving chart without axes. */

import type { Point } from "../live/history";

const WIDTH = 240;
const HEIGHT = 42;

export function Sparkline({ points, label, tone }: { points: readonly Point[]; label: string; tone: string }) {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last || points.length < 2) {
    return (
      <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none">
        <path d={`M0 ${HEIGHT - 4}H${WIDTH}`} stroke="#cfd8de" strokeDasharray="3 4" fill="none" />
      </svg>
    );
  }
  const values = points.map(([, value]) => value);
  const low = Math.min(...values);
  const span = Math.max(...values) - low || Math.abs(low) || 1;
  const time = last[0] - first[0] || 1;
  const x = (at: number): string => (((at - first[0]) / time) * WIDTH).toFixed(1);
  const y = (value: number): string => (HEIGHT - 5 - ((value - low) / span) * (HEIGHT - 10)).toFixed(1);
  const line = points.map(([at, value], index) => `${index ? "L" : "M"}${x(at)} ${y(value)}`).join("");
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} preserveAspectRatio="none"
      data-points={points.length} data-last={last[0]}>
      <path d={`${line}V${HEIGHT}H0Z`} fill={`var(--${tone}-ground)`} stroke="none" />
      <path d={line} fill="none" stroke={`var(--${tone}-mark)`} strokeWidth="1.6" vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  );
}
