/** Every question and command the screens send, with the key its answer is kept under. */

import { queryOptions } from "@tanstack/react-query";

import { get, isProblem, post } from "./http";
import type {
  Calendar,
  Charge,
  DemoAccount,
  Device,
  Instrument,
  Page,
  Person,
  Quote,
  Reservation,
  Run,
  Series,
} from "./types";

export const me = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }): Promise<Person | null> => {
    try {
      return await get<Person>("/me", {}, signal);
    } catch (error) {
      if (isProblem(error, 401)) return null;
      throw error;
    }
  },
  staleTime: 5 * 60_000,
});

export const demoAccounts = queryOptions({
  queryKey: ["demo-accounts"],
  queryFn: ({ signal }) => get<DemoAccount[]>("/demo-accounts", {}, signal),
  staleTime: Infinity,
});

export const instruments = (q: string, category: string) =>
  queryOptions({
    queryKey: ["instruments", { q, category }],
    queryFn: ({ signal }) => get<Page<Instrument>>("/instruments", { q, category, limit: 60 }, signal),
    refetchInterval: 60_000,
    placeholderData: (previous) => previous,
  });

export const instrument = (id: string) =>
  queryOptions({
    queryKey: ["instrument", id],
    queryFn: ({ signal }) => get<Instrument>(`/instruments/${encodeURIComponent(id)}`, {}, signal),
  });

export const calendar = (id: string, from: string, to: string) =>
  queryOptions({
    queryKey: ["calendar", id, from, to],
    queryFn: ({ signal }) =>
      get<Calendar>(`/instruments/${encodeURIComponent(id)}/calendar`, { from, to }, signal),
    refetchInterval: 30_000,
  });

export const quote = (id: string, starts_at: string, ends_at: string) =>
  queryOptions({
    queryKey: ["quote", id, starts_at, ends_at],
    queryFn: () => post<Quote>(`/instruments/${encodeURIComponent(id)}/quote`, { starts_at, ends_at }),
    staleTime: 30_000,
    retry: false,
  });

export const reservations = (query: { mine?: boolean; state?: string; instrument_id?: string }) =>
  queryOptions({
    queryKey: ["reservations", query],
    queryFn: ({ signal }) => get<Page<Reservation>>("/reservations", { ...query, limit: 100 }, signal),
    refetchInterval: 15_000,
  });

export const reservation = (id: string) =>
  queryOptions({
    queryKey: ["reservation", id],
    queryFn: ({ signal }) => get<Reservation>(`/reservations/${encodeURIComponent(id)}`, {}, signal),
  });

export const charge = (id: string) =>
  queryOptions({
    queryKey: ["charge", id],
    queryFn: ({ signal }) => get<Charge>(`/charges/${encodeURIComponent(id)}`, {}, signal),
    staleTime: 5 * 60_000,
  });

export const devices = queryOptions({
  queryKey: ["devices"],
  queryFn: ({ signal }) => get<Page<Device>>("/devices", { limit: 200 }, signal),
  refetchInterval: 30_000,
});

export const device = (name: string) =>
  queryOptions({
    queryKey: ["device", name],
    queryFn: ({ signal }) => get<Device>(`/devices/${encodeURIComponent(name)}`, {}, signal),
    refetchInterval: 30_000,
  });

export const series = (name: string, metric: string, from: string, to: string, points: number) =>
  queryOptions({
    queryKey: ["series", name, metric, from, to, points],
    queryFn: ({ signal }) =>
      get<Series>(`/devices/${encodeURIComponent(name)}/series`, { metric, from, to, points }, signal),
    placeholderData: (previous) => previous,
  });

export const runs = (name: string, from: string, to: string) =>
  queryOptions({
    queryKey: ["runs", name, from, to],
    queryFn: ({ signal }) =>
      get<Page<Run>>(`/devices/${encodeURIComponent(name)}/runs`, { from, to }, signal),
    placeholderData: (previous) => previous,
  });

export const signIn = (given: { login: string; password: string; code?: string }): Promise<Person> =>
  post<Person>("/sign-in", given);

export const signOut = (): Promise<undefined> => post<undefined>("/sign-out");

export const reserve = (
  body: { instrument_id: string; starts_at: string; ends_at: string; purpose?: string },
  key: string,
): Promise<Reservation> => post<Reservation>("/reservations", body, key);

export type ReservationVerb = "cancel" | "check-in" | "end";

export const act = (id: string, verb: ReservationVerb, key: string): Promise<Reservation> =>
  post<Reservation>(`/reservations/${encodeURIComponent(id)}/${verb}`, verb === "cancel" ? {} : undefined, key);
