/** What the statistics are asked for: a period, an institution, quotas; all of it in the address. */

import { queryOptions } from "@tanstack/react-query";

import { get } from "../../../api/http";
import type { QueryOf } from "../../../api/routes";
import type { components } from "../../../api/schema";
import type { Page } from "../../../api/types";
import { addDays, dayKey, isDayKey } from "../../../lib/time";
import { LAB_ZONE } from "../../../parts/page";

type Schemas = components["schemas"];
export type Statistics = Schemas["StatisticsView"];
export type InstrumentRow = Schemas["InstrumentFiguresView"];

export type Asked = QueryOf<"get", "/statistics/usage">;
/** Each kind of rows is narrowed by what it has. */
export type Narrowed = { [K in RowKind]: Omit<QueryOf<"get", `/statistics/${K}`>, "cursor" | "limit"> };

/** Both days are included, as people say a period; the api leaves the last out. */
export interface Period {
  from: string;
  until: string;
}

export const PRESETS = ["days30", "month", "last", "days90", "year"] as const;
export type Preset = (typeof PRESETS)[number];

export function periodOf(preset: Preset, today: string): Period {
  const first = `${today.slice(0, 8)}01`;
  switch (preset) {
    case "month":
      return { from: first, until: today };
    case "last": {
      const until = addDays(first, -1);
      return { from: `${until.slice(0, 8)}01`, until };
    }
    case "days30":
      return { from: addDays(today, -29), until: today };
    case "days90":
      return { from: addDays(today, -89), until: today };
    case "year":
      return { from: addDays(today, -364), until: today };
  }
}

export function readPeriod(search: URLSearchParams, now: number): Period {
  const today = dayKey(now, LAB_ZONE);
  const usual = periodOf("days30", today);
  const [from, until] = [search.get("from"), search.get("until")];
  return isDayKey(from) && isDayKey(until) && from <= until ? { from, until } : usual;
}

/** The parameters of every question about a period. */
export function queryOf(period: Period, search: URLSearchParams): Asked {
  return {
    from: period.from,
    to: addDays(period.until, 1),
    institution_id: search.get("institution"),
    general_h: search.get("general"),
    special_h: search.get("special"),
  };
}

export const figures = (asked: Asked) =>
  queryOptions({
    queryKey: ["statistics", asked],
    queryFn: ({ signal }) => get("/statistics/usage", asked, signal),
    placeholderData: (previous) => previous,
  });

export interface RowTypes {
  uses: Schemas["UseRow"];
  reservations: Schemas["ReservationRow"];
  charges: Schemas["ChargeLine"];
}
export const ROW_KINDS = ["uses", "reservations", "charges"] as const;
export type RowKind = (typeof ROW_KINDS)[number];

export const rowsOf = <K extends RowKind>(kind: K, asked: Narrowed[K]) => ({
  queryKey: ["statistics", kind, asked] as const,
  queryFn: ({ signal, pageParam }: { signal: AbortSignal; pageParam: string | null }) =>
    // One shape stands for the three here: that each gets its own is said by the two types of rows above.
    get(`/statistics/${kind as "uses"}`, { ...(asked as Narrowed["uses"]), cursor: pageParam }, signal) as unknown as Promise<Page<RowTypes[K]>>,
  initialPageParam: null as string | null,
  getNextPageParam: (page: Page<RowTypes[K]>) => page.next_cursor,
});

const PERCENT = { minimumFractionDigits: 1, maximumFractionDigits: 1 };

/** A rate as it is reported: what is above 100 % is shown as 100 %. */
export function percent(rate: number | null): string | null {
  return rate === null ? null : `${(Math.min(rate, 1) * 100).toLocaleString("en-US", PERCENT)} %`;
}

export function rawPercent(rate: number): string {
  return `${(rate * 100).toLocaleString("en-US", PERCENT)} %`;
}

export function hoursText(hours: number): string {
  return hours.toLocaleString("en-US", { maximumFractionDigits: 2 });
}
