/** Questions and commands about signing in by another platform. */

import { queryOptions } from "@tanstack/react-query";

import { get, post, remove } from "./http";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Arrival = Schemas["ArrivalView"];
export type LinkedAccount = Schemas["LinkedAccountView"];

export const provider = queryOptions({
  queryKey: ["provider"],
  queryFn: ({ signal }) => get("/sign-in/provider", {}, signal),
  staleTime: Infinity,
});

export const linkedAccounts = queryOptions({
  queryKey: ["account", "linked"],
  queryFn: ({ signal }) => get("/me/linked-accounts", {}, signal),
});

export const providerSignOut = queryOptions({
  queryKey: ["provider", "sign-out"],
  queryFn: ({ signal }) => get("/sign-in/provider/sign-out", {}, signal),
  retry: false,
});

export const setOut = (to: string): Promise<Schemas["TripView"]> => post("/sign-in/provider/trips", { to });

export const comeBack = (brought: Schemas["ReturnRequest"]): Promise<Arrival> => post("/sign-in/provider/return", brought);

export const giveCode = (code: string): Promise<Arrival> => post("/sign-in/provider/second-factor", { code });

export const beginLink = (password: string): Promise<Schemas["TripView"]> => post("/me/linked-accounts", { password });

export const unlink = (id: string): Promise<undefined> => remove(`/me/linked-accounts/${encodeURIComponent(id)}`);
