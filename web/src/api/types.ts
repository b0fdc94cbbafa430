/** The shapes of /api/v1 that the screens read. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type SignInRow = Schemas["SignInView"];
export type TokenRow = Schemas["TokenView"];
export type MadeToken = Schemas["MadeToken"];
export type SecondFactorOffer = Schemas["SecondFactorOffer"];
export type DueDate = Schemas["DueDateView"];
export type Person = Schemas["PersonView"];
export type DemoAccount = Schemas["DemoAccount"];

export interface Named {
  id: string;
  name: string;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Price {
  per_hour_fen: number;
  currency: string;
  billed_min_minutes: number;
  billed_step_minutes: number;
  minimum_fen?: number;
  tariff_version: number | string;
}

export interface Policy {
  grid_minutes: number;
  length_min_minutes: number;
  length_max_minutes: number;
  notice_min_minutes: number;
  horizon_days: number;
  set_up_minutes: number;
  cool_down_minutes: number;
}

export interface Category {
  code: string;
  name_zh: string;
  name_en: string;
  count: number;
}

export interface InstrumentLive {
  state: string;
  at: string | null;
}

export interface Instrument {
  id: string;
  code: string;
  name_zh: string;
  name_en: string;
  model: string;
  maker: string;
  category: string;
  category_zh: string;
  category_en?: string;
  location: string;
  description_zh: string;
  description_en: string;
  institution: { id: string; name_zh: string; name_en: string };
  time_zone: string;
  price: Price | null;
  next_free_at: string | null;
  live: InstrumentLive | null;
  policy: Policy;
  device_names: string[];
}

export interface Calendar {
  instrument_id: string;
  time_zone: string;
  from: string;
  to: string;
  taken: {
    starts_at: string;
    ends_at: string;
    kind: string;
    reservation_id?: string | null;
  }[];
  free: { starts_at: string; ends_at: string }[];
}

export interface ProblemItem {
  code: string;
  field?: string | null;
  detail_zh: string;
  detail_en: string;
}

export interface QuoteStep {
  label_zh: string;
  label_en: string;
  value: string;
  amount_fen?: number | null;
}

export interface Quote {
  amount_fen: number | null;
  currency: string;
  tariff_version: number | null;
  steps: QuoteStep[];
  problems: ProblemItem[];
}

export interface Interlock {
  wanted: string | null;
  reported: string | null;
  lease_until: string | null;
  at: string | null;
}

export interface Usage {
  id: string;
  started_at: string;
  ended_at: string | null;
  metered_ms: number;
  buckets: { warm_up_ms: number; run_ms: number; cool_down_ms: number };
  coverage_percent: number | null;
  state: string;
}

export interface Reservation {
  id: string;
  instrument: { id: string; code: string; name_zh: string; name_en: string; time_zone?: string };
  holder: { id: string; display_name: string };
  enterprise: Named | null;
  starts_at: string;
  ends_at: string;
  state: string;
  purpose: string | null;
  can: { check_in: boolean; cancel: boolean; end: boolean };
  estimate_fen: number | null;
  transitions: { from: string | null; to: string; at: string; by: string | null; reason: string | null }[];
  usage: Usage | null;
  charge: { id: string; amount_fen: number; currency: string; tariff_version: number | string } | null;
  interlock: Interlock | null;
}

export interface Charge {
  id: string;
  reservation_id: string | null;
  usage_id: string | null;
  amount_fen: number;
  currency: string;
  billed_seconds: number;
  tariff: {
    id: string;
    version: number | string;
    per_hour_fen: number;
    billed_min_s: number;
    billed_step_s: number;
    minimum_fen?: number;
    valid_from: string | null;
    valid_to: string | null;
  };
  steps: QuoteStep[];
  evidence: { device: string; boot: string; kind: string; seq: number; at: string; run_ms: number | null }[];
  created_at: string;
}

export interface LastValue {
  key: string;
  name: string;
  unit: string | null;
  value: number | null;
  at: string | null;
  quality?: string | null;
}

export interface Device {
  id: string;
  name: string;
  model: string | null;
  institution_id: string;
  protocol: string | null;
  instrument: { id: string; code: string; name_zh: string; name_en: string } | null;
  online: boolean;
  state: string;
  op: string | null;
  mode: string | null;
  phase: string | null;
  boot: string | null;
  seen_at: string | null;
  last: LastValue[];
  interlock: Interlock | null;
  session: { id: string; started_at: string; run_ms: number | null } | null;
  reservation: {
    id: string;
    starts_at: string;
    ends_at: string;
    enterprise: string | null;
    holder: string | null;
  } | null;
  alarms: number;
}

export interface Series {
  metric: string;
  unit: string | null;
  bucket_s: number;
  points: [number, number | null, number | null, number | null][];
}

export interface Run {
  id: string;
  session: string | null;
  started_at: string;
  ended_at: string | null;
  metered_ms: number;
  cycles: number | null;
  state: string;
}
