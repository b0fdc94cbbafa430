/** Questions and commands around one lease: its page, notices, waitlist, feeds, kiosk. */

import { queryOptions } from "@tanstack/react-query";

import { get, post, put, remove } from "./http";
import type { components, paths } from "./schema";
import type { Reservation } from "./types";

type Schemas = components["schemas"];

export type Details = Schemas["ReservationDetails"];
export type ChangeQuote = Schemas["ChangeQuoteView"];
export type HistoryEntry = Schemas["HistoryView"];
export type Act = Schemas["Act"];
/** By its route: two nouns of the api call an entry of theirs a notice. */
type NoticeList = paths["/api/v1/notices"]["get"]["responses"]["200"]["content"]["application/json"];
export type Notice = NoticeList["items"][number];
export type Penalty = Schemas["PenaltyView"];
export type Wait = Schemas["WaitView"];
export type Feed = Schemas["FeedView"];
export type NewFeed = Schemas["NewFeedView"];
export type Kiosk = Schemas["KioskView"];
export type Turn = Schemas["TurnView"];
export type Occurrence = Schemas["OccurrenceView"];
export type ReservationWish = Schemas["ReservationRequest"];

const part = encodeURIComponent;

/** Kept under the reservation's own key, so that news of the one renews the other. */
export const details = (id: string) =>
  queryOptions({
    queryKey: ["reservation", id, "details"],
    queryFn: ({ signal }) => get(`/reservations/${part(id)}/details`, {}, signal),
  });

export type Colleague = Schemas["ColleagueView"];

export const colleagues = queryOptions({
  queryKey: ["colleagues"],
  queryFn: ({ signal }) => get("/me/colleagues", {}, signal),
  staleTime: 5 * 60_000,
});

export const staff = queryOptions({
  queryKey: ["staff"],
  queryFn: ({ signal }) => get("/institution/staff", {}, signal),
  staleTime: 60_000,
});

/** What may be done with a reservation is posted below it. */
export const reservationAt = (id: string) => `/reservations/${part(id)}` as const;

export const notices = (unread: boolean) =>
  queryOptions({
    queryKey: ["notices", unread],
    queryFn: ({ signal }) => get("/notices", { unread }, signal),
    refetchInterval: 30_000,
  });

export const readNotice = (id: string): Promise<Notice> => post(`/notices/${part(id)}/read`);

export const readAllNotices = (): Promise<Schemas["ReadCount"]> => post("/notices/read-all");

export const terms = (instrumentId: string) =>
  queryOptions({
    queryKey: ["terms", instrumentId],
    queryFn: ({ signal }) => get(`/instruments/${part(instrumentId)}/terms`, {}, signal),
    staleTime: 5 * 60_000,
  });

export const reserveSeries = (body: Schemas["SeriesBody"], key: string): Promise<{ items: Occurrence[] }> =>
  post("/reservation-series", body, key);

export const reserveTogether = (requests: ReservationWish[], holder_id: string | null, key: string): Promise<{ items: Reservation[] }> =>
  post("/reservations-together", { requests, holder_id }, key);

export const waitlist = queryOptions({
  queryKey: ["waitlist"],
  queryFn: ({ signal }) => get("/waitlist", {}, signal),
  refetchInterval: 15_000,
});

export const joinWaitlist = (body: Schemas["WaitBody"], key: string): Promise<Wait> => post("/waitlist", body, key);

export const acceptOffer = (id: string): Promise<Reservation> => post(`/waitlist/${part(id)}/accept`);

export const withdrawWait = (id: string): Promise<Wait> => post(`/waitlist/${part(id)}/withdraw`);

export const feeds = queryOptions({
  queryKey: ["feeds"],
  queryFn: ({ signal }) => get("/feeds", {}, signal),
});

export const openFeed = (body: Schemas["FeedBody"]): Promise<NewFeed> => post("/feeds", body);

export const revokeFeed = (id: string): Promise<undefined> => remove(`/feeds/${part(id)}`);

export const penalties = queryOptions({
  queryKey: ["penalties"],
  queryFn: ({ signal }) => get("/penalties", {}, signal),
  refetchInterval: 60_000,
});

export const appealPenalty = (id: string, text: string): Promise<Penalty> => post(`/penalties/${part(id)}/appeal`, { text });

export const decidePenalty = (id: string, is_upheld: boolean, decision: string): Promise<Penalty> =>
  post(`/penalties/${part(id)}/decision`, { is_upheld, decision });

export const setPin = (pin: string): Promise<undefined> => put("/me/pin", { pin });

export const label = (code: string) =>
  queryOptions({
    queryKey: ["label", code],
    queryFn: ({ signal }) => get(`/labels/${part(code)}`, {}, signal),
  });

export const kiosk = (code: string) =>
  queryOptions({
    queryKey: ["kiosk", code],
    queryFn: ({ signal }) => get(`/kiosk/${part(code)}`, {}, signal),
    refetchInterval: 10_000,
  });

export const actAtKiosk = (code: string, verb: "check-in" | "end", body: { login: string; pin: string }): Promise<Reservation> =>
  post(`/kiosk/${part(code)}/${verb}`, body);
