/** Whether somebody is at the browser: what a page asks by itself must not keep a sign-in alive. */

const AWAY_AFTER_MS = 60_000;
let lastTouchedAt = Date.now();

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"]) {
  window.addEventListener(kind, () => { lastTouchedAt = Date.now(); }, { passive: true, capture: true });
}

export function unattended(): Record<string, string> {
  return Date.now() - lastTouchedAt > AWAY_AFTER_MS ? { "X-Unattended": "1" } : {};
}
