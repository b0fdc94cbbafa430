/** The present, for what on a page grows old: ages, times left. */

import { useSyncExternalStore } from "react";

let now = Date.now();
let timer: number | undefined;
const watchers = new Set<() => void>();

function watch(tell: () => void): () => void {
  watchers.add(tell);
  if (watchers.size === 1) {
    now = Date.now();
    timer = window.setInterval(() => {
      now = Date.now();
      for (const each of watchers) each();
    }, 1_000);
  }
  return () => {
    watchers.delete(tell);
    if (watchers.size === 0) window.clearInterval(timer);
  };
}

/** The present, second by second. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => now);
}

/** The present, minute by minute: for what need not be drawn anew each second. */
export function useMinute(): number {
  return useSyncExternalStore(watch, () => Math.floor(now / 60_000) * 60_000);
}
