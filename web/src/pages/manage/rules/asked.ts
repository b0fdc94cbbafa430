/** What a lab says of its hours and terms, scope by scope. */

import { queryOptions } from "@tanstack/react-query";

import { get, put, remove } from "../../../api/http";
import type { components } from "../../../api/schema";
import type { Terms } from "../../../lib/terms";
import type { Window } from "../../../lib/week";

type Schemas = components["schemas"];
export type SaidHours = Schemas["SaidHours"];
export type SpecialDay = Schemas["SaidSpecialDay"];
export type Policies = Schemas["PolicyList"];
export type Policy = Schemas["PolicyRuleView"];

/** All of the institution's, a group of them, or one instrument. */
export interface Scope {
  kind: "institution" | "group" | "instrument";
  key: string;
}

export function readScope(text: string | null): Scope {
  const [kind, ...rest] = (text ?? "").split(":");
  const key = rest.join(":");
  return (kind === "group" || kind === "instrument") && key ? { kind, key } : { kind: "institution", key: "" };
}

export function writeScope(scope: Scope): string {
  return scope.kind === "institution" ? "" : `${scope.kind}:${scope.key}`;
}

export const instrumentOf = (scope: Scope): string | null => (scope.kind === "instrument" ? scope.key : null);

export const saidHours = (instrument: string | null) =>
  queryOptions({
    queryKey: ["opening-hours", instrument],
    queryFn: ({ signal }) => get("/opening-hours", { instrument_id: instrument }, signal),
  });

export const policies = queryOptions({
  queryKey: ["booking-policies"],
  queryFn: ({ signal }) => get("/booking-policies", {}, signal),
});

export const putHours = (instrument: string | null, items: Window[]) => put("/opening-hours", { instrument_id: instrument, items });

export interface SpecialWish {
  day: string;
  reason: string;
  items: { opens_s: number; closes_s: number; surcharge_permille: number }[];
}

export const putSpecialDay = (instrument: string | null, wish: SpecialWish) => put("/special-days", { instrument_id: instrument, ...wish });

export const forgetSpecialDay = (instrument: string | null, day: string) =>
  remove("/special-days", { day, instrument_id: instrument });

export const putPolicy = (scope: Scope, terms: Terms) =>
  put("/booking-policies", {
    group_code: scope.kind === "group" ? scope.key : null,
    instrument_id: instrumentOf(scope),
    terms,
  });

/** What was said of exactly this scope. */
export function policyOf(all: Policies, scope: Scope): Policy | undefined {
  return all.items.find((one) => (one.instrument_id ?? null) === instrumentOf(scope) && (one.group_code ?? null) === (scope.kind === "group" ? scope.key : null));
}

/** What holds where this scope says nothing: the wider scopes laid over what holds anywhere. */
export function widerTerms(all: Policies, scope: Scope, group: string | null): Terms {
  if (scope.kind === "institution") return all.plain;
  const whole = policyOf(all, { kind: "institution", key: "" })?.terms ?? {};
  const grouped = scope.kind === "instrument" && group ? policyOf(all, { kind: "group", key: group })?.terms ?? {} : {};
  return { ...all.plain, ...whole, ...grouped };
}
