/** A table wider than a phone: scrolled sideways by finger, mouse or arrow keys. */

import type { CSSProperties, ReactNode } from "react";

import "./table.css";

export function Wide({ label, width, children }: { label: string; width: number; children: ReactNode }) {
  return (
    <div className="scroll" role="region" aria-label={label} tabIndex={0}>
      <div className="as-wide" style={{ "--wide": `${String(width)}px` } as CSSProperties}>{children}</div>
    </div>
  );
}
