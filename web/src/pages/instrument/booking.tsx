/** The form beside the calendar: pick, see the price step by step, reserve. */

import { Alert, Button, Form, Input, Result, Spin } from "antd";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { quote, reserve } from "../../api/calls";
import { isProblem, newKey } from "../../api/http";
import type { Calendar, Instrument, Reservation } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { alternatives, type Span } from "../../lib/slots";
import { dayKey, formatLength, formatSpan } from "../../lib/time";
import { useProblemText } from "../../parts/states";
import { reserves, usePerson } from "../../shell/access";
import { useSignIn } from "../../shell/sign-in";
import { Alternatives, Problems, QuoteSteps } from "./outcome";
import { freeOf, iso, SlotFields } from "./slot-fields";

export function BookingPanel({ instrument, calendar, day, setDay, chosen, choose }: {
  instrument: Instrument;
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
  const [purpose, setPurpose] = useState("");
  const [done, setDone] = useState<Reservation | null>(null);
  const key = useRef({ of: "", key: "" });
  const free = freeOf(calendar);
  const zone = instrument.time_zone;
  const quoted = useQuery({ ...quote(instrument.id, iso(chosen?.from ?? 0), iso(chosen?.to ?? 0)), enabled: chosen !== null });
  const reserving = useMutation({
    mutationFn: (span: Span) => {
      // The same wish sent twice, after a lost answer say, carries the same key.
      const of = `${instrument.id} ${span.from} ${span.to} ${purpose}`;
      if (key.current.of !== of) key.current = { of, key: newKey() };
      return reserve({
        instrument_id: instrument.id, starts_at: iso(span.from), ends_at: iso(span.to),
        ...(purpose.trim() ? { purpose: purpose.trim() } : {}),
      }, key.current.key);
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
  if (done) {
    return (
      <section className="panel" data-reserved={done.id}>
        <Result status="success" title={t("booking.done")} style={{ padding: "28px 16px" }}
          subTitle={t("booking.doneLead", {
            instrument: pick(lang, instrument, "name"),
            span: formatSpan(Date.parse(done.starts_at), Date.parse(done.ends_at), zone, lang),
          })}
          extra={[
            <Link key="my" to="/my"><Button type="primary" tabIndex={-1}>{t("booking.toMy")}</Button></Link>,
            <Button key="again" onClick={() => { setDone(null); reserving.reset(); }}>{t("booking.again")}</Button>,
          ]} />
      </section>
    );
  }
  const refusal = isProblem(reserving.error) ? reserving.error : null;
  const quoteRefusal = isProblem(quoted.error) ? quoted.error : null;
  const problems = refusal?.problems.length ? refusal.problems : quoted.data?.problems.length ? quoted.data.problems : quoteRefusal?.problems ?? [];
  const other = refusal && refusal.problems.length === 0 ? refusal : problems.length === 0 ? quoteRefusal : null;
  const isBlocked = problems.length > 0 || other !== null;
  const proposed = refusal?.document.alternatives?.map((one) => ({ from: Date.parse(one.starts_at), to: Date.parse(one.ends_at) }));
  const submit = (): void => {
    if (!chosen) return;
    if (!person.data) ask((entered) => reserves(entered) && reserving.mutate(chosen));
    else reserving.mutate(chosen);
  };
  const mayNot = !!person.data && !reserves(person.data);
  return (
    <section className="panel" aria-labelledby="booking-title">
      <header>
        <h2 id="booking-title">{t("booking.title")}</h2>
        {chosen && <span className="faint">{t("booking.length", { length: formatLength(chosen.to - chosen.from, lang) })}</span>}
      </header>
      <div className="panel-body">
        <Form layout="vertical" requiredMark={false} onFinish={submit} className="booking-form">
          <SlotFields instrument={instrument} free={free} day={day} setDay={setDay} chosen={chosen} choose={change} />
          <Form.Item label={t("booking.purpose")} htmlFor="booking-purpose">
            <Input id="booking-purpose" maxLength={200} value={purpose} placeholder={t("booking.purposeHint")} onChange={(event) => setPurpose(event.target.value)} />
          </Form.Item>
          {!chosen && <p className="soft">{t("booking.choose")}</p>}
          {chosen && quoted.isFetching && !quoted.data && <div className="row"><Spin size="small" /> <span className="soft">{t("booking.calculating")}</span></div>}
          {chosen && quoted.data && <QuoteSteps quoted={quoted.data} />}
          {chosen && problems.length > 0 && <Problems problems={problems} title={t("booking.problems")} />}
          {chosen && other && <Alert type="error" showIcon role="alert" style={{ marginTop: 12 }} title={other.code === "slot_taken" ? t("booking.taken") : textOf(other)} />}
          {chosen && isBlocked && <Alternatives zone={zone} choose={(span) => { setDay(dayKey(span.from, zone)); change(span); }} spans={proposed ?? alternatives(free, chosen, instrument.policy)} />}
          {mayNot && <Alert type="info" showIcon style={{ marginTop: 12 }} title={t("booking.notEnterprise")} />}
          <Button type="primary" htmlType="submit" size="large" block style={{ marginTop: 16 }} loading={reserving.isPending}
            disabled={!chosen || mayNot || isBlocked || quoted.isLoading} data-reserve>
            {person.data ? t("booking.reserve") : t("booking.signIn")}
          </Button>
        </Form>
      </div>
    </section>
  );
}
