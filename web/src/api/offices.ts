/** Questions and commands of the platform's own desks, and about one's personal data. */

import { queryOptions } from "@tanstack/react-query";

import { get, post } from "./http";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Officer = Schemas["OfficerView"];
export type Hold = Schemas["LegalHoldView"];
/** By its route: what people are told is called a notice too. */
type CalendarNotices = paths["/api/v1/work-calendar/notices"]["get"]["responses"]["200"]["content"]["application/json"];
export type NamedDay = Schemas["NamedDayView"];
export type Consent = Schemas["ConsentView"];
export type Purpose = Schemas["ConsentRequest"]["purpose"];

export const officers = queryOptions({
  queryKey: ["officers"],
  queryFn: ({ signal }) => get<Schemas["OfficerList"]>("/officers", {}, signal),
});

export const holds = queryOptions({
  queryKey: ["holds"],
  queryFn: ({ signal }) => get<Schemas["LegalHoldList"]>("/legal-holds", {}, signal),
});

export const notices = queryOptions({
  queryKey: ["workdays", "notices"],
  queryFn: ({ signal }) => get<CalendarNotices>("/work-calendar/notices", {}, signal),
});

export const namedDays = (year: number) =>
  queryOptions({
    queryKey: ["workdays", "days", year],
    queryFn: ({ signal }) => get<Schemas["NamedDayList"]>("/work-calendar/days", { from: `${String(year)}-01-01`, to: `${String(year)}-12-31` }, signal),
  });

export const importNotice = (notice: Schemas["NoticeRequest"]): Promise<Schemas["NoticeImportView"]> =>
  post<Schemas["NoticeImportView"]>("/work-calendar/notices", notice);

export const consents = queryOptions({
  queryKey: ["privacy", "consents"],
  queryFn: ({ signal }) => get<Schemas["ConsentList"]>("/me/consents", {}, signal),
});

export const agree = (given: { purpose: Purpose; version: string }): Promise<Consent> => post<Consent>("/me/consents", given);

export const takeBack = (purpose: Purpose): Promise<Schemas["ConsentList"]> => post<Schemas["ConsentList"]>("/me/consents/withdraw", { purpose });

export const ownCopy = (): Promise<Record<string, unknown>> => get<Record<string, unknown>>("/me/export");

export const eraseMe = (password: string): Promise<undefined> => post<undefined>("/me/erasure", { password });
