/** What the desk of uses asks for, and what may be done with one. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { get, isProblem, post } from "../../../api/http";
import type { components } from "../../../api/schema";

type Schemas = components["schemas"];
export type Laid = Schemas["LaidView"];
export type Opened = Schemas["LaidOpenView"];
export type PileName = Schemas["Pile"];
export type Proposed = Schemas["ProposedView"];

export const PILES = ["waiting", "unreserved", "disputed", "settled"] as const satisfies readonly PileName[];

export function isPile(text: string | null): text is PileName {
  return (PILES as readonly (string | null)[]).includes(text);
}

export const pile = (name: PileName, instrument: string | null) =>
  infiniteQueryOptions({
    queryKey: ["usage", "pile", name, instrument],
    queryFn: ({ signal, pageParam }) => get("/usage", { pile: name, instrument_id: instrument, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 30_000,
    placeholderData: (previous) => previous,
  });

export const opened = (id: string) =>
  queryOptions({
    queryKey: ["usage", "one", id],
    queryFn: ({ signal }) => get(`/usage/${encodeURIComponent(id)}`, {}, signal),
  });

/** What would be charged; null where no tariff held. */
export const proposal = (reservation: string, metered_ms: number | null) =>
  queryOptions({
    queryKey: ["usage", "proposal", reservation, metered_ms],
    queryFn: async ({ signal }): Promise<Proposed | null> => {
      try {
        return await get(`/reservations/${encodeURIComponent(reservation)}/usage/proposal`, { metered_ms }, signal);
      } catch (error) {
        if (isProblem(error, 422)) return null;
        throw error;
      }
    },
    staleTime: 30_000,
    placeholderData: (previous) => previous,
  });

export const explain = (given: { id: string; reason: string; metered_ms: number | null }) =>
  post(`/usage/${encodeURIComponent(given.id)}/explain`, { reason: given.reason, metered_ms: given.metered_ms });
