/** The same hours every week: look at each date first, take those that can be had, place the others. */

import { Alert, Button, Form, InputNumber, Select } from "antd";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { reserve } from "../../api/calls";
import { isProblem, newKey } from "../../api/http";
import { type Occurrence, type ReservationWish, reserveSeries } from "../../api/lease";
import type { Instrument, Reservation } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { dayKey, formatSpan, weekday } from "../../lib/time";
import { useProblemText } from "../../parts/states";
import { ToneTag } from "../../parts/marks";

const DATES_MAX = 52;
const EVERY = [1, 2, 4] as const;
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;

interface Repeat {
  weeks: number;
  weekdays: number[];
  count: number;
}

/** One date that was skipped, and what is free instead: taking one of those settles it. */
function Skipped({ one, zone, wish }: { one: Occurrence; zone: string; wish: ReservationWish }) {
  const { t } = useTranslation();
  const lang = useLang();
  const cache = useQueryClient();
  const textOf = useProblemText();
  const [made, setMade] = useState<Reservation | null>(null);
  const taking = useMutation({
    mutationFn: (span: { starts_at: string; ends_at: string }) => reserve({ ...wish, ...span }, newKey()),
    onSuccess: setMade,
    onSettled: () => Promise.all(["calendar", "reservations"].map((name) => cache.invalidateQueries({ queryKey: [name] }))),
  });
  const say = (span: { starts_at: string; ends_at: string }): string => formatSpan(Date.parse(span.starts_at), Date.parse(span.ends_at), zone, lang);
  if (made) return <p><ToneTag tone="running">{t("form.placed")}</ToneTag> <Link className="num" to={`/reservations/${made.id}`}>{say(made)}</Link></p>;
  return (
    <>
      {one.problems.map((problem) => <span key={problem.code} className="soft">{pick(lang, problem, "detail")}</span>)}
      {one.alternatives.length > 0 && (
        <div className="row tight" data-offered>
          <span className="faint">{t("form.instead")}</span>
          {one.alternatives.map((span) => (
            <button key={span.starts_at} type="button" className="slot" disabled={taking.isPending} onClick={() => taking.mutate(span)}>{say(span)}</button>
          ))}
        </div>
      )}
      {taking.error && <span role="alert" style={{ color: "var(--fault)" }}>{isProblem(taking.error) ? textOf(taking.error) : t("error.server")}</span>}
    </>
  );
}

function Dates({ items, zone, wish, isTrial }: { items: Occurrence[]; zone: string; wish: ReservationWish; isTrial: boolean }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <ol className="dates" data-dates>
      {items.map((one) => {
        const isFree = one.problems.length === 0;
        const span = formatSpan(Date.parse(one.starts_at), Date.parse(one.ends_at), zone, lang);
        return (
          <li key={one.starts_at} className={isFree ? "" : "skipped"} data-free={isFree}>
            <div className="row tight">
              {one.reservation_id ? <Link className="num" to={`/reservations/${one.reservation_id}`}>{span}</Link> : <b className="num">{span}</b>}
              <ToneTag tone={isFree ? "running" : "attention"}>{t(one.reservation_id ? "form.reserved" : isFree ? "form.free" : "form.skipped")}</ToneTag>
            </div>
            {!isFree && (isTrial
              ? one.problems.map((problem) => <span key={problem.code} className="soft">{pick(lang, problem, "detail")}</span>)
              : <Skipped one={one} zone={zone} wish={wish} />)}
          </li>
        );
      })}
    </ol>
  );
}

export function Repeating({ instrument, wish, blocked }: { instrument: Instrument; wish: ReservationWish; blocked: boolean }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const textOf = useProblemText();
  const zone = instrument.time_zone;
  const [repeat, setRepeat] = useState<Repeat>({ weeks: 1, weekdays: [weekday(dayKey(Date.parse(wish.starts_at), zone)) + 1], count: 4 });
  const key = useRef({ of: "", key: "" });
  const sending = useMutation({
    mutationFn: (is_trial: boolean) => {
      const body = { ...wish, repeat, is_trial };
      const of = JSON.stringify(body);
      // A look may be taken again; what takes time is taken once.
      if (is_trial || key.current.of !== of) key.current = { of, key: newKey() };
      return reserveSeries(body, key.current.key);
    },
    onSettled: () => Promise.all(["calendar", "reservations"].map((name) => cache.invalidateQueries({ queryKey: [name] }))),
  });
  const set = (change: Partial<Repeat>): void => {
    sending.reset();
    setRepeat((before) => ({ ...before, ...change }));
  };
  const items = sending.data?.items;
  const isTrial = sending.variables !== false;
  const free = items?.filter((one) => one.problems.length === 0).length ?? 0;
  return (
    <div data-repeating>
      <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", gap: "0 12px", marginTop: 8 }}>
        <Form.Item label={t("form.every")} htmlFor="repeat-every">
          <Select id="repeat-every" value={repeat.weeks} onChange={(weeks) => set({ weeks })} options={EVERY.map((one) => ({ value: one, label: t("form.weeks", { count: one }) }))} />
        </Form.Item>
        <Form.Item label={t("form.times")} htmlFor="repeat-count">
          <InputNumber id="repeat-count" min={1} max={DATES_MAX} precision={0} value={repeat.count} onChange={(count) => set({ count: count ?? 1 })} style={{ width: "100%" }} />
        </Form.Item>
      </div>
      <Form.Item label={t("form.on")} htmlFor="repeat-weekdays">
        <Select id="repeat-weekdays" mode="multiple" value={repeat.weekdays} onChange={(weekdays) => set({ weekdays })} options={WEEKDAYS.map((one) => ({ value: one, label: t(`form.weekdays.d${one}`) }))} />
      </Form.Item>
      {sending.error && <Alert type="error" showIcon role="alert" title={isProblem(sending.error) ? textOf(sending.error) : t("error.server")} />}
      {items && <p aria-live="polite">{t(isTrial ? "form.trialSays" : "form.seriesSays", { free, count: items.length })}</p>}
      {items && <Dates items={items} zone={zone} wish={wish} isTrial={isTrial} />}
      <div className="booking-buttons">
        {(!items || isTrial) && <Button block disabled={repeat.weekdays.length === 0} loading={sending.isPending && sending.variables} onClick={() => sending.mutate(true)} data-trial>{t("form.trial")}</Button>}
        {items && isTrial && (
          <Button type="primary" size="large" block disabled={blocked || free === 0} loading={sending.isPending && !sending.variables} onClick={() => sending.mutate(false)} data-take>
            {t("form.take", { count: free })}
          </Button>
        )}
        {items && !isTrial && <Link to="/my"><Button block tabIndex={-1}>{t("booking.toMy")}</Button></Link>}
      </div>
    </div>
  );
}
