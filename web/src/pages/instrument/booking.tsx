/** The form beside the calendar: pick, see the price step by step, reserve, hold, repeat or collect. */

import { Alert, Button, Checkbox, Form, Spin } from "antd";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { quote, reserve } from "../../api/calls";
import { isProblem, newKey } from "../../api/http";
import { type ReservationWish, terms } from "../../api/lease";
import type { Calendar, FullInstrument, Instrument, Reservation } from "../../api/types";
import { useLang } from "../../i18n";
import { given, leftOpen, readAsked } from "../../lib/questions";
import { alternatives, type Span } from "../../lib/slots";
import { dayKey, formatLength } from "../../lib/time";
import { useProblemText } from "../../parts/states";
import { actsForClients, reserves, usePerson } from "../../shell/access";
import { useSignIn } from "../../shell/sign-in";
import { Accept, Ask, NO_WISHES, type Wishes } from "./ask";
import { BasketButton } from "./basket";
import "./booking.css";
import { Elsewhere } from "./elsewhere";
import { Alternatives, Problems, QuoteSteps, Whom } from "./outcome";
import { Repeating } from "./repeat";
import { Reserved } from "./reserved";
import { freeOf, iso, SlotFields } from "./slot-fields";

/** What is sent for a slot; a part that was left empty is not. */
export function wishFor(instrument: Instrument, span: Span, wishes: Wishes): ReservationWish {
  return {
    instrument_id: instrument.id, starts_at: iso(span.from), ends_at: iso(span.to),
    purpose: wishes.purpose.trim(), answers: given(wishes.answers), mode: wishes.mode,
    ...(wishes.holder_id ? { holder_id: wishes.holder_id } : {}),
    ...(wishes.mode === "assisted" ? { presence: wishes.presence } : {}),
    is_hold: false, is_draft: false,
  };
}

export function BookingPanel({ instrument, calendar, day, setDay, chosen, choose }: {
  instrument: FullInstrument;
  calendar: Calendar | undefined;
  day: string;
  setDay: (key: string) => void;
  chosen: Span | null;
  choose: (span: Span | null) => void;
}) {
  const { t } = useTranslation();
  const lang = useLang();
  const cache = useQueryClient();
  const person = usePerson();
  const { ask } = useSignIn();
  const textOf = useProblemText();
  const [wishes, setWishes] = useState(NO_WISHES);
  const [repeats, setRepeats] = useState(false);
  const [done, setDone] = useState<Reservation | null>(null);
  const key = useRef({ of: "", key: "" });
  const free = freeOf(calendar);
  const zone = instrument.time_zone;
  const quoted = useQuery({ ...quote(instrument.id, iso(chosen?.from ?? 0), iso(chosen?.to ?? 0)), enabled: chosen !== null });
  const asked = readAsked(useQuery(terms(instrument.id)).data?.terms);
  const reserving = useMutation({
    mutationFn: (wish: ReservationWish) => {
      // The same wish sent twice, after a lost answer say, carries the same key.
      const of = JSON.stringify(wish);
      if (key.current.of !== of) key.current = { of, key: newKey() };
      return reserve(wish, key.current.key);
    },
    onSuccess: (made) => {
      key.current = { of: "", key: "" };
      setDone(made);
      choose(null);
    },
    onSettled: () => {
      for (const name of ["calendar", "reservations", "instrument", "instruments"]) void cache.invalidateQueries({ queryKey: [name] });
    },
  });
  const change = (span: Span | null): void => {
    reserving.reset();
    choose(span);
  };
  const wantOther = (other: Partial<Wishes>): void => {
    reserving.reset();
    setWishes((before) => ({ ...before, ...other }));
  };
  const again = (): void => {
    setDone(null);
    reserving.reset();
  };
  if (done) return <Reserved instrument={instrument} made={done} again={again} />;
  const refusal = isProblem(reserving.error) ? reserving.error : null;
  const quoteRefusal = isProblem(quoted.error) ? quoted.error : null;
  const problems = refusal?.problems.length ? refusal.problems : quoted.data?.problems.length ? quoted.data.problems : quoteRefusal?.problems ?? [];
  const other = refusal && refusal.problems.length === 0 ? refusal : problems.length === 0 ? quoteRefusal : null;
  const isBlocked = problems.length > 0 || other !== null;
  const proposed = refusal?.document.alternatives?.map((one) => ({ from: Date.parse(one.starts_at), to: Date.parse(one.ends_at) }));
  const open = person.data ? leftOpen(asked, wishes.answers) : [];
  const mayNot = !!person.data && !reserves(person.data);
  const unnamed = actsForClients(person.data) && !wishes.holder_id;
  const isTaken = other?.code === "slot_taken";
  const ready = chosen !== null && !mayNot && !isBlocked && !quoted.isLoading && open.length === 0 && !unnamed;
  const send = (only?: "is_hold" | "is_draft"): void => {
    if (!chosen) return;
    const wish = { ...wishFor(instrument, chosen, wishes), ...(only ? { [only]: true } : {}) };
    // Who signs in now is asked first what the instrument asks, where it asks anything.
    if (!person.data) ask((entered) => reserves(entered) && leftOpen(asked, wishes.answers).length === 0 && reserving.mutate(wish));
    else reserving.mutate(wish);
  };
  const sent = !reserving.isPending ? null : reserving.variables.is_hold ? "hold" : reserving.variables.is_draft ? "draft" : "whole";
  return (
    <section className="panel" aria-labelledby="booking-title">
      <header>
        <h2 id="booking-title">{t("booking.title")}</h2>
        {chosen && <span className="faint">{t("booking.length", { length: formatLength(chosen.to - chosen.from, lang) })}</span>}
      </header>
      <div className="panel-body">
        <Form layout="vertical" requiredMark={false} onFinish={() => send()} className="booking-form">
          <SlotFields instrument={instrument} free={free} day={day} setDay={setDay} chosen={chosen} choose={change} />
          <Ask instrument={instrument} asked={asked} wishes={wishes} set={wantOther} />
          {!chosen && <p className="soft">{t("booking.choose")}</p>}
          {chosen && quoted.isFetching && !quoted.data && <div className="row"><Spin size="small" /> <span className="soft">{t("booking.calculating")}</span></div>}
          {chosen && quoted.data && <QuoteSteps quoted={quoted.data} />}
          {chosen && problems.length > 0 && <Problems problems={problems} title={t("booking.problems")} />}
          {chosen && <Whom instrument={instrument} problems={problems} />}
          {chosen && other && <Alert type="error" showIcon role="alert" style={{ marginTop: 12 }} title={isTaken ? t("booking.taken") : textOf(other)} />}
          {chosen && <Accept instrument={instrument} problems={problems} answers={wishes.answers} set={(answers) => wantOther({ answers })} />}
          {chosen && isBlocked && <Alternatives zone={zone} choose={(span) => { setDay(dayKey(span.from, zone)); change(span); }} spans={proposed ?? alternatives(free, chosen, instrument.policy)} />}
          {chosen && isBlocked && <Elsewhere instrument={instrument} chosen={chosen} holder={wishes.holder_id} />}
          {mayNot && <Alert type="info" showIcon style={{ marginTop: 12 }} title={t("booking.notEnterprise")} />}
          {chosen && open.length > 0 && <p className="soft" style={{ marginTop: 12 }}>{t("form.stillOpen", { count: open.length })}</p>}
          {chosen && person.data && !mayNot && <Checkbox checked={repeats} onChange={(event) => setRepeats(event.target.checked)} style={{ marginTop: 12 }}>{t("form.repeat")}</Checkbox>}
          {repeats && chosen ? (
            <Repeating key={`${chosen.from} ${chosen.to}`} instrument={instrument} wish={wishFor(instrument, chosen, wishes)} blocked={open.length > 0} />
          ) : (
            <div className="booking-buttons">
              <Button type="primary" htmlType="submit" size="large" block loading={sent === "whole"} disabled={!ready} data-reserve>
                {person.data ? t("booking.reserve") : t("booking.signIn")}
              </Button>
              {chosen && person.data && !mayNot && (
                <div className="row">
                  <Button disabled={!ready} loading={sent === "hold"} onClick={() => send("is_hold")} data-hold>{t("form.hold", { minutes: asked.hold_minutes })}</Button>
                  <Button disabled={!ready} loading={sent === "draft"} onClick={() => send("is_draft")} data-draft>{t("form.draft")}</Button>
                  <BasketButton instrument={instrument} wish={wishFor(instrument, chosen, wishes)} disabled={!ready} />
                </div>
              )}
            </div>
          )}
        </Form>
      </div>
    </section>
  );
}
