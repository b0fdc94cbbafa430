/** Versions of a price, and what a price that nobody announced yet would mean. */

import { queryOptions } from "@tanstack/react-query";

import { get, post } from "../../../api/http";
import type { components } from "../../../api/schema";

type Schemas = components["schemas"];
export type Version = Schemas["api__tariffs__TariffView"];
export type Rehearsal = Schemas["RehearsalView"];
export type Rehearsed = Schemas["RehearsedView"];

export interface Price {
  per_hour_fen: number;
  billed_min_s: number;
  billed_step_s: number;
  minimum_fen: number;
}

const path = (instrument: string) => `/instruments/${encodeURIComponent(instrument)}` as const;

export const versions = (instrument: string) =>
  queryOptions({
    queryKey: ["tariffs", instrument],
    queryFn: async ({ signal }) => (await get(`${path(instrument)}/tariffs`, {}, signal)).items,
  });

export const trial = (instrument: string, price: Price, starts_at: string, ends_at: string) =>
  queryOptions({
    queryKey: ["tariff-trial", instrument, price, starts_at, ends_at],
    queryFn: () => post(`${path(instrument)}/tariff-trials`, { ...price, starts_at, ends_at }),
    staleTime: 60_000,
    retry: false,
    placeholderData: (previous) => previous,
  });

export const rehearsal = (instrument: string, price: Price, from: string, to: string) =>
  queryOptions({
    queryKey: ["tariff-rehearsal", instrument, price, from, to],
    queryFn: () => post(`${path(instrument)}/tariff-rehearsals`, { ...price, from, to }),
    staleTime: 60_000,
    retry: false,
    placeholderData: (previous) => previous,
  });

export const announce = (instrument: string, price: Price, starts_at: string) =>
  post(`${path(instrument)}/tariffs`, { ...price, starts_at });
