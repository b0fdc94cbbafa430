/** The last minutes of a few values per device, kept for the small charts. */

import { useSyncExternalStore } from "react";

import type { Device, Series } from "../api/types";
import { appendPoint } from "../lib/live";

export type Point = readonly [at: number, value: number];

const POINTS_MAX = 120;
const NOTHING: Point[] = [];
const kept = new Map<string, Point[]>();
const watchers = new Set<() => void>();

const keyOf = (device: string, metric: string): string => `${device}\n${metric}`;

function put(key: string, points: Point[]): void {
  kept.set(key, points);
  for (const tell of watchers) tell();
}

export function record(device: Device): void {
  for (const one of device.last) {
    if (typeof one.value !== "number") continue;
    const key = keyOf(device.name, one.key);
    const points = kept.get(key) ?? NOTHING;
    const at = Date.parse(one.at);
    if (points.at(-1)?.[0] === at) continue;
    put(key, appendPoint(points, at, one.value, POINTS_MAX));
  }
}

/** What the database already knows goes before what the feed has brought. */
export function seed(device: string, series: Series): void {
  const key = keyOf(device, series.metric);
  const live = kept.get(key) ?? NOTHING;
  const first = live[0]?.[0] ?? Infinity;
  const older = series.points
    .filter((point): point is [number, number | null, number, number | null] => point[2] !== null && point[0] < first)
    .map((point): Point => [point[0], point[2]]);
  if (older.length > 0) put(key, [...older, ...live].slice(-POINTS_MAX));
}

function watch(tell: () => void): () => void {
  watchers.add(tell);
  return () => watchers.delete(tell);
}

export function useHistory(device: string, metric: string): Point[] {
  return useSyncExternalStore(watch, () => kept.get(keyOf(device, metric)) ?? NOTHING);
}
