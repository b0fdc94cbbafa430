/** The lab's calendar: what is asked, what is drawn, and what one may do. */

import { queryOptions } from "@tanstack/react-query";

import { get, post, remove } from "../../../api/http";
import type { components } from "../../../api/schema";
import { addDays, dayFromKey, toWallIso, weekday } from "../../../lib/time";

type Schemas = components["schemas"];
export type Board = Schemas["BoardView"];
export type BoardInstrument = Schemas["BoardInstrument"];
export type BoardReservation = Schemas["BoardReservation"];
export type BoardClosure = Schemas["BoardClosure"];
export type ClosureBody = Schemas["ClosureBody"];

export type View = "day" | "week";

/** The days a view shows: one, or Monday to Sunday. */
export function daysOf(view: View, day: string): { first: string; days: number } {
  return view === "day" ? { first: day, days: 1 } : { first: addDays(day, -weekday(day)), days: 7 };
}

export const board = (first: string, days: number, zone: string) =>
  queryOptions({
    queryKey: ["lab-calendar", first, days],
    queryFn: async ({ signal }): Promise<Board> => {
      const query = { from: new Date(dayFromKey(first, zone)).toISOString(), to: new Date(dayFromKey(addDays(first, days), zone)).toISOString() };
      const all: Board = { instruments: [], reservations: [], closures: [], next_cursor: null };
      const closures = new Map<string, BoardClosure>();
      for (let pages = 0; pages < 4; pages += 1) {
        const page: Board = await get("/lab-calendar", { ...query, cursor: all.next_cursor }, signal);
        all.instruments.push(...page.instruments);
        all.reservations.push(...page.reservations);
        for (const one of page.closures) closures.set(`${one.id} ${one.starts_at}`, one);
        all.next_cursor = page.next_cursor;
        if (page.next_cursor === null) break;
      }
      return { ...all, closures: [...closures.values()] };
    },
    refetchInterval: 30_000,
    placeholderData: (previous) => previous,
  });

const KIND_OF: Record<string, Kind> = {
  held: "waiting", submitted: "waiting", retimed: "waiting", approved: "waiting",
  reserved: "reserved", checked_in: "running", in_use: "running", no_show: "missed",
};
export const KINDS = ["waiting", "reserved", "running", "over", "missed"] as const;
export type Kind = (typeof KINDS)[number];

export function kindOf(state: string): Kind {
  return KIND_OF[state] ?? "over";
}

export interface Drawn {
  id: string;
  resourceId: string;
  start: string;
  end: string;
  title: string;
  classNames: string[];
  editable: boolean;
  display?: "background";
}

/** All there is to draw, by the wall clock of each instrument's lab. */
export function draw(found: Board, shown: BoardInstrument[], closureName: (one: BoardClosure) => string): Drawn[] {
  return shown.flatMap((row) => {
    const wall = (text: string): string => toWallIso(Date.parse(text), row.time_zone);
    const shut = row.shut.map((one, index): Drawn => ({
      id: `shut ${row.id} ${index}`, resourceId: row.id, start: wall(one.starts_at), end: wall(one.ends_at), title: "", classNames: ["shut"], editable: false, display: "background",
    }));
    const closed = found.closures.filter((one) => one.instrument_id === null || one.instrument_id === row.id).map((one): Drawn => ({
      id: `closure ${one.id} ${one.starts_at} ${row.id}`, resourceId: row.id, start: wall(one.starts_at), end: wall(one.ends_at), title: closureName(one), classNames: ["closed"], editable: false,
    }));
    const taken = found.reservations.filter((one) => one.instrument_id === row.id).map((one): Drawn => ({
      id: one.id, resourceId: row.id, start: wall(one.starts_at), end: wall(one.ends_at), title: `${one.enterprise} · ${one.holder}`, classNames: [kindOf(one.state)], editable: one.may_move,
    }));
    return [...shut, ...closed, ...taken];
  });
}

export const move = (given: { id: string; from: number; to: number }) =>
  post(`/reservations/${encodeURIComponent(given.id)}/move`, { starts_at: new Date(given.from).toISOString(), ends_at: new Date(given.to).toISOString() });

export const close = (body: ClosureBody) => post("/closures", body);

export const reopen = (id: string) => remove(`/closures/${encodeURIComponent(id)}`);
