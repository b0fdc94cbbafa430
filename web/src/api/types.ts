/** The shapes of /api/v1 that the screens read, by the names the screens use. */

import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type Person = Schemas["PersonView"];
export type DemoAccount = Schemas["DemoAccount"];
export type SignInRow = Schemas["SignInView"];
export type TokenRow = Schemas["TokenView"];
export type MadeToken = Schemas["MadeToken"];
export type SecondFactorOffer = Schemas["SecondFactorOffer"];

export type Category = Schemas["CategoryView"];
export type Instrument = Schemas["InstrumentView"];
/** The whole card, as the page of one instrument has it. */
export type FullInstrument = Schemas["FullInstrumentView"];
export type InstrumentLive = Schemas["LiveView"];
export type Calendar = Schemas["CalendarView"];
export type Quote = Schemas["QuoteView"];
export type QuoteStep = Schemas["StepView"];
export type ProblemItem = Schemas["ProblemView"];

export type Reservation = Schemas["ReservationView"];
export type Usage = Schemas["UsageView"];
export type Charge = Schemas["ChargeView"];
export type Interlock = NonNullable<Reservation["interlock"]>;

export type Device = Schemas["DeviceView"];
export type LastValue = Schemas["LastValueView"];
/** By its route: two nouns of the api call their answer a series. */
export type Series = paths["/api/v1/devices/{name}/series"]["get"]["responses"]["200"]["content"]["application/json"];
export type Run = Schemas["RunView"];
export type StateSpan = Schemas["StateSpan"];
export type Alarm = Schemas["AlarmView"];
export type Quarantined = Schemas["QuarantinedView"];

export type DueDate = Schemas["DueDateView"];
export type AuditEntry = Schemas["EntryView"];
