/** Questions and commands about signing in by another platform. */

import { queryOptions } from "@tanstack/react-query";

import { get, post, write } from "./http";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Arrival = Schemas["ArrivalView"];
export type LinkedAccount = Schemas["LinkedAccountView"];

export const provider = queryOptions({
  queryKey: ["provider"],
  queryFn: ({ signal }) => get<Schemas["ProviderView"]>("/sign-in/provider", {}, signal),
  staleTime: Infinity,
});

export const linkedAccounts = queryOptions({
  queryKey: ["account", "linked"],
  queryFn: ({ signal }) => get<Schemas["LinkedAccountList"]>("/me/linked-accounts", {}, signal),
});

export const providerSignOut = queryOptions({
  queryKey: ["provider", "sign-out"],
  queryFn: ({ signal }) => get<Schemas["SignOutView"]>("/sign-in/provider/sign-out", {}, signal),
  retry: false,
});

export const setOut = (to: string): Promise<Schemas["TripView"]> => post<Schemas["TripView"]>("/sign-in/provider/trips", { to });

export const comeBack = (brought: Schemas["ReturnRequest"]): Promise<Arrival> => post<Arrival>("/sign-in/provider/return", brought);

export const giveCode = (code: string): Promise<Arrival> => post<Arrival>("/sign-in/provider/second-factor", { code });

export const beginLink = (password: string): Promise<Schemas["TripView"]> => post<Schemas["TripView"]>("/me/linked-accounts", { password });

export const unlink = (id: string): Promise<undefined> => write<undefined>("DELETE", `/me/linked-accounts/${encodeURIComponent(id)}`);
