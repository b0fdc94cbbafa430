/** Who may work instruments alone, and which enterprises signed: what the api is asked of them. */

import { queryOptions } from "@tanstack/react-query";

import { get, post, put } from "../../../api/http";
import type { components } from "../../../api/schema";

export type Granted = components["schemas"]["GrantView"];
export type Grant = components["schemas"]["GrantBody"];
export type Agreement = components["schemas"]["AgreementView"];
export type Signed = components["schemas"]["AgreementBody"];

export const STATES = ["valid", "over", "revoked"] as const;
export type State = (typeof STATES)[number];
export const asState = (text: string | null): State | undefined => STATES.find((one) => one === text);

export const qualifications = (state: State | undefined, person: string) => queryOptions({
  queryKey: ["qualifications", state, person],
  queryFn: ({ signal }) => get("/qualifications", { ...(state ? { state } : {}), person }, signal),
});

export const agreements = queryOptions({
  queryKey: ["lease-agreements"],
  queryFn: ({ signal }) => get("/lease-agreements", {}, signal),
});

export const grant = (given: Grant) => post("/qualifications", given);

export const revoke = (id: string, reason: string): Promise<Granted> => post(`/qualifications/${encodeURIComponent(id)}/revoke`, { reason });

export const sign = (given: Signed): Promise<Agreement> => put("/lease-agreements", given);
