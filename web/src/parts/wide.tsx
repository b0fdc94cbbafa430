/** A table wider than a phone: scrolled sideways by finger, mouse or arrow keys. */

import type { ReactNode } from "react";

export function Wide({ label, width, children }: { label: string; width: number; children: ReactNode }) {
  return (
    <div className="scroll" role="region" aria-label={label} tabIndex={0}>
      <div style={{ minWidth: width }}>{children}</div>
    </div>
  );
}
