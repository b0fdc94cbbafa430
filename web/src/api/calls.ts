/** Every question and command the screens send, with the key its answer is kept under. */

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { get, getPages, isProblem, post } from "./http";
import type { ReservationWish } from "./lease";
import type { QueryOf } from "./routes";
import type {
  Person,
  Reservation,
} from "./types";

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }): Promise<Person | null> => {
    try {
      return await get("/me", {}, signal);
    } catch (error) {
      if (isProblem(error, 401)) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

export const demoAccounts = queryOptions({
  queryKey: ["demo-accounts"],
  queryFn: ({ signal }) => get("/demo-accounts", {}, signal),
  staleTime: Infinity,
});

export const PAGE_MAX = 50;

export const instruments = (looking: Record<string, string | number>) =>
  infiniteQueryOptions({
    queryKey: ["instruments", looking],
    queryFn: ({ signal, pageParam }) =>
      get("/instrument-search", { ...looking, cursor: pageParam, limit: 24 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 60_000,
    placeholderData: (previous) => previous,
  });

export const categories = queryOptions({
  queryKey: ["categories"],
  queryFn: ({ signal }) => get("/instrument-categories", {}, signal),
  staleTime: 5 * 60_000,
});

export const instrument = (id: string) =>
  queryOptions({
    queryKey: ["instrument", id],
    queryFn: ({ signal }) => get(`/instruments/${encodeURIComponent(id)}`, {}, signal),
  });

export const calendar = (id: string, from: string, to: string) =>
  queryOptions({
    queryKey: ["calendar", id, from, to],
    queryFn: ({ signal }) =>
      get(`/instruments/${encodeURIComponent(id)}/calendar`, { from, to }, signal),
    refetchInterval: 30_000,
  });

export const quote = (id: string, starts_at: string, ends_at: string) =>
  queryOptions({
    queryKey: ["quote", id, starts_at, ends_at],
    queryFn: () => post(`/instruments/${encodeURIComponent(id)}/quote`, { starts_at, ends_at }),
    staleTime: 30_000,
    retry: false,
  });

type ReservationQuery = Pick<QueryOf<"get", "/reservations">, "mine" | "state" | "instrument_id">;

/** Those a screen needs all of: the open ones. */
export const reservations = (query: ReservationQuery, pages = 6) =>
  queryOptions({
    queryKey: ["reservations", query, pages],
    queryFn: ({ signal }) => getPages("/reservations", { ...query, limit: PAGE_MAX }, pages, signal),
    refetchInterval: 15_000,
  });

/** Those a person leafs through: the past ones, latest first. */
export const reservationPages = (query: ReservationQuery) =>
  infiniteQueryOptions({
    queryKey: ["reservations", query, "leaf"],
    queryFn: ({ signal, pageParam }) =>
      get("/reservations", { ...query, cursor: pageParam, limit: 20 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });

export const reservation = (id: string) =>
  queryOptions({
    queryKey: ["reservation", id],
    queryFn: ({ signal }) => get(`/reservations/${encodeURIComponent(id)}`, {}, signal),
  });

export const charge = (id: string) =>
  queryOptions({
    queryKey: ["charge", id],
    queryFn: ({ signal }) => get(`/charges/${encodeURIComponent(id)}`, {}, signal),
    staleTime: 5 * 60_000,
  });

export const devices = queryOptions({
  queryKey: ["devices"],
  queryFn: ({ signal }) => getPages("/devices", {}, 10, signal),
  refetchInterval: 30_000,
});

export const device = (name: string) =>
  queryOptions({
    queryKey: ["device", name],
    queryFn: ({ signal }) => get(`/devices/${encodeURIComponent(name)}`, {}, signal),
    refetchInterval: 30_000,
  });

export const series = (name: string, metric: string, from: string, to: string, points: number) =>
  queryOptions({
    queryKey: ["series", name, metric, from, to, points],
    queryFn: ({ signal }) =>
      get(`/devices/${encodeURIComponent(name)}/series`, { metric, from, to, points }, signal),
    placeholderData: (previous) => previous,
  });

export const runs = (name: string, from: string, to: string) =>
  queryOptions({
    queryKey: ["runs", name, from, to],
    queryFn: ({ signal }) =>
      get(`/devices/${encodeURIComponent(name)}/runs`, { from, to }, signal),
    placeholderData: (previous) => previous,
  });

export const states = (name: string, from: string, to: string) =>
  queryOptions({
    queryKey: ["states", name, from, to],
    queryFn: ({ signal }) =>
      get(`/devices/${encodeURIComponent(name)}/states`, { from, to }, signal),
    placeholderData: (previous) => previous,
  });

export const signIn = (given: { login: string; password: string; code?: string }): Promise<Person> =>
  post("/sign-in", given);

export const signOut = (): Promise<undefined> => post("/sign-out");

export const reserve = (
  body: ReservationWish,
  key: string,
): Promise<Reservation> => post("/reservations", body, key);
