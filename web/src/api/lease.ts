/** Questions and commands around one lease: its page, notices, waitlist, feeds, kiosk. */

import { queryOptions } from "@tanstack/react-query";

import { get, post, write } from "./http";
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
type Staff = Schemas["StaffList"];

const part = encodeURIComponent;

/** Kept under the reservation's own key, so that news of the one renews the other. */
export const details = (id: string) =>
  queryOptions({
    queryKey: ["reservation", id, "details"],
    queryFn: ({ signal }) => get<Details>(`/reservations/${part(id)}/details`, {}, signal),
  });

export type Colleague = Schemas["ColleagueView"];

export const colleagues = queryOptions({
  queryKey: ["colleagues"],
  queryFn: ({ signal }) => get<Schemas["ColleagueList"]>("/me/colleagues", {}, signal),
  staleTime: 5 * 60_000,
});

export const staff = queryOptions({
  queryKey: ["staff"],
  queryFn: ({ signal }) => get<Staff>("/institution/staff", {}, signal),
  staleTime: 60_000,
});

export const actOn = (id: string, verb: string, body?: unknown): Promise<Reservation> =>
  post<Reservation>(`/reservations/${part(id)}/${verb}`, body);

export const notices = (unread: boolean) =>
  queryOptions({
    queryKey: ["notices", unread],
    queryFn: ({ signal }) => get<NoticeList>("/notices", { unread }, signal),
    refetchInterval: 30_000,
  });

export const readNotice = (id: string): Promise<Notice> => post<Notice>(`/notices/${part(id)}/read`);

export const readAllNotices = (): Promise<Schemas["ReadCount"]> => post<Schemas["ReadCount"]>("/notices/read-all");

export const terms = (instrumentId: string) =>
  queryOptions({
    queryKey: ["terms", instrumentId],
    queryFn: ({ signal }) => get<Schemas["TermsView"]>(`/instruments/${part(instrumentId)}/terms`, {}, signal),
    staleTime: 5 * 60_000,
  });

export const reserveSeries = (body: Schemas["SeriesBody"], key: string): Promise<{ items: Occurrence[] }> =>
  post<{ items: Occurrence[] }>("/reservation-series", body, key);

export const reserveTogether = (requests: ReservationWish[], holder_id: string | null, key: string): Promise<{ items: Reservation[] }> =>
  post<{ items: Reservation[] }>("/reservations-together", { requests, holder_id }, key);

export const waitlist = queryOptions({
  queryKey: ["waitlist"],
  queryFn: ({ signal }) => get<Schemas["WaitList"]>("/waitlist", {}, signal),
  refetchInterval: 15_000,
});

export const joinWaitlist = (body: Schemas["WaitBody"], key: string): Promise<Wait> => post<Wait>("/waitlist", body, key);

export const acceptOffer = (id: string): Promise<Reservation> => post<Reservation>(`/waitlist/${part(id)}/accept`);

export const withdrawWait = (id: string): Promise<Wait> => post<Wait>(`/waitlist/${part(id)}/withdraw`);

export const feeds = queryOptions({
  queryKey: ["feeds"],
  queryFn: ({ signal }) => get<Schemas["FeedList"]>("/feeds", {}, signal),
});

export const openFeed = (body: Schemas["FeedBody"]): Promise<NewFeed> => post<NewFeed>("/feeds", body);

export const revokeFeed = (id: string): Promise<undefined> => write<undefined>("DELETE", `/feeds/${part(id)}`);

export const penalties = queryOptions({
  queryKey: ["penalties"],
  queryFn: ({ signal }) => get<Schemas["PenaltyList"]>("/penalties", {}, signal),
  refetchInterval: 60_000,
});

export const appealPenalty = (id: string, text: string): Promise<Penalty> => post<Penalty>(`/penalties/${part(id)}/appeal`, { text });

export const decidePenalty = (id: string, is_upheld: boolean, decision: string): Promise<Penalty> =>
  post<Penalty>(`/penalties/${part(id)}/decision`, { is_upheld, decision });

export const setPin = (pin: string): Promise<undefined> => write<undefined>("PUT", "/me/pin", { pin });

export const label = (code: string) =>
  queryOptions({
    queryKey: ["label", code],
    queryFn: ({ signal }) => get<Schemas["LabelView"]>(`/labels/${part(code)}`, {}, signal),
  });

export const kiosk = (code: string) =>
  queryOptions({
    queryKey: ["kiosk", code],
    queryFn: ({ signal }) => get<Kiosk>(`/kiosk/${part(code)}`, {}, signal),
    refetchInterval: 10_000,
  });

export const actAtKiosk = (code: string, verb: "check-in" | "end", body: { login: string; pin: string }): Promise<Reservation> =>
  post<Reservation>(`/kiosk/${part(code)}/${verb}`, body);
