/** The live feed: one EventSource for the whole application, opened while a page wants it. */

import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";

import { withQuery } from "../api/http";
import type { Device, Instrument, InstrumentLive, Page } from "../api/types";
import { record } from "./history";

export type FeedStatus = "off" | "connecting" | "live" | "reconnecting";

const RETRY_FIRST_MS = 1_000;
const RETRY_LONGEST_MS = 15_000;

let status: FeedStatus = "off";
let source: EventSource | null = null;
let wanted = 0;
let retryMs = RETRY_FIRST_MS;
let timer: number | undefined;
const watchers = new Set<() => void>();

function become(next: FeedStatus): void {
  status = next;
  for (const tell of watchers) tell();
}

function replace<T extends { id: string }>(page: Page<T> | undefined, item: T): Page<T> | undefined {
  if (!page) return page;
  const known = page.items.some((one) => one.id === item.id);
  const items = known ? page.items.map((one) => (one.id === item.id ? item : one)) : [...page.items, item];
  return { ...page, items };
}

function takeDevice(cache: QueryClient, device: Device): void {
  record(device);
  cache.setQueryData<Page<Device>>(["devices"], (page) => replace(page, device));
  cache.setQueryData<Device>(["device", device.name], (known) => (known ? device : known));
}

function takeInstrument(cache: QueryClient, told: { id: string; live: InstrumentLive | null }): void {
  cache.setQueryData<Instrument>(["instrument", told.id], (known) => known && { ...known, live: told.live });
  cache.setQueriesData<InfiniteData<Page<Instrument>>>({ queryKey: ["instruments"] }, (known) =>
    known && {
      ...known,
      pages: known.pages.map((page) => ({
        ...page,
        items: page.items.map((one) => (one.id === told.id ? { ...one, live: told.live } : one)),
      })),
    },
  );
}

function takeReservation(cache: QueryClient): void {
  void cache.invalidateQueries({ queryKey: ["reservations"] });
  void cache.invalidateQueries({ queryKey: ["reservation"] });
  void cache.invalidateQueries({ queryKey: ["calendar"] });
}

function on(feed: EventSource, name: string, take: (data: unknown) => void): void {
  feed.addEventListener(name, (event) => {
    try {
      take(JSON.parse((event as MessageEvent<string>).data));
    } catch (error) {
      console.warn(`a ${name} event could not be read`, error);
    }
  });
}

function open(cache: QueryClient): void {
  window.clearTimeout(timer);
  source?.close();
  if (status !== "reconnecting") become("connecting");
  const feed = new EventSource(withQuery("/live"));
  source = feed;
  feed.onopen = () => {
    const again = status === "reconnecting";
    retryMs = RETRY_FIRST_MS;
    become("live");
    // What was said while we were away is asked for.
    if (again) void cache.invalidateQueries();
  };
  feed.onerror = () => {
    feed.close();
    if (source !== feed || wanted === 0) return;
    become("reconnecting");
    timer = window.setTimeout(() => open(cache), retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_LONGEST_MS);
  };
  on(feed, "device", (device) => takeDevice(cache, device as Device));
  on(feed, "instrument", (told) => takeInstrument(cache, told as { id: string; live: InstrumentLive | null }));
  on(feed, "reservation", () => takeReservation(cache));
}

function close(): void {
  window.clearTimeout(timer);
  source?.close();
  source = null;
  become("off");
}

/** After signing in or out the feed shows other things: begin again. */
export function restartFeed(cache: QueryClient): void {
  if (wanted > 0) open(cache);
}

/** Keeps the feed open while the calling page is shown. */
export function useFeed(): void {
  const cache = useQueryClient();
  useEffect(() => {
    wanted += 1;
    if (wanted === 1) open(cache);
    return () => {
      wanted -= 1;
      // The next page usually wants it too: give it a moment before hanging up.
      window.setTimeout(() => {
        if (wanted === 0) close();
      }, 500);
    };
  }, [cache]);
}

function watch(tell: () => void): () => void {
  watchers.add(tell);
  return () => watchers.delete(tell);
}

export function useFeedStatus(): FeedStatus {
  return useSyncExternalStore(watch, () => status);
}
