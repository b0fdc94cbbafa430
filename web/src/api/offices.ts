/** Questions and commands of the platform's own desks, and about one's personal data. */

import { queryOptions } from "@tanstack/react-query";

import { get, post } from "./http";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Officer = Schemas["OfficerView"];
export type Hold = Schemas["LegalHoldView"];
export type NamedDay = Schemas["NamedDayView"];
export type Consent = Schemas["ConsentView"];
export type Purpose = Schemas["ConsentRequest"]["purpose"];

export const officers = queryOptions({
  queryKey: ["officers"],
  queryFn: ({ signal }) => get("/officers", {}, signal),
});

export const holds = queryOptions({
  queryKey: ["holds"],
  queryFn: ({ signal }) => get("/legal-holds", {}, signal),
});

export const notices = queryOptions({
  queryKey: ["workdays", "notices"],
  queryFn: ({ signal }) => get("/work-calendar/notices", {}, signal),
});

export const namedDays = (year: number) =>
  queryOptions({
    queryKey: ["workdays", "days", year],
    queryFn: ({ signal }) => get("/work-calendar/days", { from: `${String(year)}-01-01`, to: `${String(year)}-12-31` }, signal),
  });

export const importNotice = (notice: Schemas["NoticeRequest"]): Promise<Schemas["NoticeImportView"]> =>
  post("/work-calendar/notices", notice);

export const consents = queryOptions({
  queryKey: ["privacy", "consents"],
  queryFn: ({ signal }) => get("/me/consents", {}, signal),
});

export const agree = (given: { purpose: Purpose; version: string }): Promise<Consent> => post("/me/consents", given);

export const takeBack = (purpose: Purpose): Promise<Schemas["ConsentList"]> => post("/me/consents/withdraw", { purpose });

export const ownCopy = (): Promise<Record<string, unknown>> => get("/me/export");

export const eraseMe = (password: string): Promise<undefined> => post("/me/erasure", { password });
