/** The form beside the calendar: pick, see the price step by step, reserve. */

import { Alert, Button, DatePicker, Form, Input, Result, Select, Spin } from "antd";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dayjs from "dayjs";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { quote, reserve } from "../../api/calls";
import { isProblem, newKey } from "../../api/http";
import type { Calendar, Instrument, ProblemItem, Quote, Reservation } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { formatFen } from "../../lib/money";
import { alternatives, endsAfter, type Span, startsWithin } from "../../lib/slots";
import { addDays, dayFromKey, dayKey, formatClock, formatLength, formatSpan } from "../../lib/time";
import { useMinute } from "../../parts/now";
import { useProblemText } from "../../parts/states";
import { StepValue } from "../../parts/step";
import { reserves, usePerson } from "../../shell/access";
import { useSignIn } from "../../shell/sign-in";

export function freeOf(calendar: Calendar | undefined): Span[] {
  return (calendar?.free ?? []).map((one) => ({ from: Date.parse(one.starts_at), to: Date.parse(one.ends_at) }));
}

export const iso = (instant: number): string => new Date(instant).toISOString();

function SlotFields({ instrument, free, day, setDay, chosen, choose }: {
  instrument: Instrument;
  free: Span[];
  day: string;
  setDay: (key: string) => void;
  chosen: Span | null;
  choose: (span: Span | null) => void;
}) {
  const { t } = useTranslation();
  const lang = useLang();
  const zone = instrument.time_zone;
  const rules = instrument.policy;
  const today = dayKey(useMinute(), zone);
  const lastDay = addDays(today, rules.horizon_days);
  const window = { from: dayFromKey(day, zone), to: dayFromKey(addDays(day, 1), zone) };
  const starts = startsWithin(free, window, rules);
  const ends = chosen ? endsAfter(free, chosen.from, rules) : [];
  // A slot drawn where there is no room is still shown, so that its problems can be.
  const startChoices = chosen && dayKey(chosen.from, zone) === day ? [...new Set([...starts, chosen.from])].sort((a, b) => a - b) : starts;
  const endChoices = chosen ? [...new Set([...ends, chosen.to])].sort((a, b) => a - b) : [];
  const endLabel = (at: number, from: number): string => {
    const other = dayKey(at, zone) === dayKey(from, zone) ? "" : " +1";
    return `${formatClock(at, zone)}${other} · ${formatLength(at - from, lang)}`;
  };
  const takeStart = (from: number): void => {
    const possible = endsAfter(free, from, rules);
    const length = chosen ? chosen.to - chosen.from : 0;
    const to = possible.find((one) => one - from >= length) ?? possible.at(-1);
    choose({ from, to: to ?? from + rules.length_min_minutes * 60_000 });
  };
  return (
    <>
      <Form.Item label={t("booking.date")} htmlFor="booking-date">
        <DatePicker id="booking-date" style={{ width: "100%" }} value={dayjs(day)} allowClear={false}
          disabledDate={(one) => one.format("YYYY-MM-DD") < today || one.format("YYYY-MM-DD") > lastDay}
          onChange={(one) => { if (one) { setDay(one.format("YYYY-MM-DD")); choose(null); } }} />
      </Form.Item>
      <div style={{ display: "grid", gridTemplateColumns: "2fr 3fr", gap: 12 }}>
        <Form.Item label={t("booking.start")} htmlFor="booking-start">
          <Select id="booking-start" className="num" value={chosen && dayKey(chosen.from, zone) === day ? chosen.from : null} onChange={(from: number) => takeStart(from)}
            placeholder="--:--" notFoundContent={t("booking.noStarts")}
            options={startChoices.map((at) => ({ value: at, label: formatClock(at, zone) }))} />
        </Form.Item>
        <Form.Item label={t("booking.end")} htmlFor="booking-end">
          <Select id="booking-end" className="num" value={chosen ? chosen.to : null} disabled={!chosen} placeholder="--:--"
            onChange={(to: number) => chosen && choose({ from: chosen.from, to })}
            options={endChoices.map((at) => ({ value: at, label: chosen ? endLabel(at, chosen.from) : "" }))} />
        </Form.Item>
      </div>
    </>
  );
}

function QuoteSteps({ quoted }: { quoted: Quote }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <div className="sum" aria-live="polite">
      <div className="total">
        <span>{t("booking.estimate")}</span>
        <strong className="num" data-estimate>{quoted.amount_fen === null ? t("catalogue.noPrice") : formatFen(quoted.amount_fen, quoted.currency)}</strong>
      </div>
      <p className="faint">{t("booking.estimateNote")}</p>
      <h3 style={{ fontSize: 13, margin: "12px 0 2px" }}>{t("booking.steps")}</h3>
      <ol className="steps-list">
        {quoted.steps.map((step, index) => (
          <li key={index}>
            <span className="soft">{pick(lang, step, "label")}</span>
            <span className="num">
              <StepValue step={step} currency={quoted.currency} />
            </span>
          </li>
        ))}
      </ol>
      {quoted.tariff_version !== null && <p className="faint">{t("instrument.tariff", { version: quoted.tariff_version })}</p>}
    </div>
  );
}

function Problems({ problems, title }: { problems: ProblemItem[]; title: string }) {
  const lang = useLang();
  return (
    <Alert type="warning" showIcon role="alert" title={title} style={{ marginTop: 12 }} data-problems
      description={
        <ul style={{ listStyle: "disc", paddingLeft: 18 }}>
          {problems.map((one) => <li key={one.code + (one.field ?? "")}>{pick(lang, one, "detail")}</li>)}
        </ul>
      } />
  );
}

function Alternatives({ spans, zone, choose }: { spans: Span[]; zone: string; choose: (span: Span) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <section style={{ marginTop: 12 }} data-alternatives>
      <h3 style={{ fontSize: 13, marginBottom: 6 }}>{t("booking.alternatives")}</h3>
      {spans.length === 0 ? <p className="faint">{t("booking.noAlternatives")}</p> : (
        <ul style={{ display: "grid", gap: 6 }}>
          {spans.map((one) => (
            <li key={one.from}><button type="button" className="slot" onClick={() => choose(one)}>{formatSpan(one.from, one.to, zone, lang)}</button></li>
          ))}
        </ul>
      )}
    </section>
  );
}

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
