/** Several instruments to reserve in one act, kept in this tab until then. */

import { useSyncExternalStore } from "react";

import type { ReservationWish } from "../api/lease";

export interface Chosen {
  wish: ReservationWish;
  code: string;
  name_zh: string;
  name_en: string;
  time_zone: string;
}

const KEPT_AS = "yixiang.basket";
export const MOST = 10;

function isChosen(value: unknown): value is Chosen {
  return typeof value === "object" && value !== null && "wish" in value && "name_zh" in value && "time_zone" in value;
}

function stored(): Chosen[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEPT_AS) ?? "[]");
    return Array.isArray(found) ? found.filter(isChosen) : [];
  } catch {
    return []; // storage is switched off, or holds what an older page wrote
  }
}

let items = stored();
const watchers = new Set<() => void>();

function become(next: Chosen[]): void {
  items = next;
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify(items));
  } catch {
    // it then lasts as long as the page
  }
  for (const tell of watchers) tell();
}

/** An instrument is in the basket once: a later wish for it stands instead. */
export function withWish(before: readonly Chosen[], one: Chosen): Chosen[] {
  return [...before.filter((each) => each.wish.instrument_id !== one.wish.instrument_id), one].slice(-MOST);
}

export const putInBasket = (one: Chosen): void => become(withWish(items, one));
export const takeFromBasket = (instrumentId: string): void => become(items.filter((one) => one.wish.instrument_id !== instrumentId));
export const emptyBasket = (): void => become([]);

export function useBasket(): Chosen[] {
  return useSyncExternalStore((tell) => {
    watchers.add(tell);
    return () => watchers.delete(tell);
  }, () => items);
}
