/** The acts that need more than a yes: another time, a later end, a person, a number. */

import { Alert, Button, Form, Input, InputNumber, Modal, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { calendar, instrument } from "../../api/calls";
import { post } from "../../api/http";
import { colleagues, reservationAt, staff } from "../../api/lease";
import type { Reservation } from "../../api/types";
import { useLang } from "../../i18n";
import { laterEnds, type Span, withOwn } from "../../lib/slots";
import { addDays, dayFromKey, dayKey, formatClock, formatLength, formatSpan, HOUR, MINUTE } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { zoneOf } from "../../parts/page";
import { Answer, Loading } from "../../parts/states";
import { freeOf, iso, SlotFields } from "../instrument/slot-fields";
import { ChangeCost } from "./change-cost";

export const TOUCHES = ["reservations", "reservation", "calendar", "notices", "waitlist", "devices"];

export const ownOf = (one: Reservation): Span => ({ from: Date.parse(one.starts_at), to: Date.parse(one.ends_at) });

/** A button that opens a dialog, and the dialog; its inside begins anew each time. */
export function Opens({ word, title, busy, ready, submit, children, primary = false }: {
  word: string;
  title: string;
  busy: boolean;
  ready: boolean;
  submit: (close: () => void) => void;
  children: ReactNode;
  primary?: boolean;
}) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button type={primary ? "primary" : "default"} onClick={() => setOpen(true)}>{word}</Button>
      <Modal open={open} title={title} okText={word} cancelText={t("common.close")} destroyOnHidden confirmLoading={busy}
        okButtonProps={{ disabled: !ready }} onCancel={() => setOpen(false)} onOk={() => submit(() => setOpen(false))}>
        <Form layout="vertical" requiredMark={false}>{children}</Form>
      </Modal>
    </>
  );
}

export function TimePicker({ one, chosen, choose }: { one: Reservation; chosen: Span | null; choose: (span: Span | null) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const zone = zoneOf(one.instrument);
  const own = ownOf(one);
  const [day, setDay] = useState(dayKey(own.from, zone));
  const about = useQuery(instrument(one.instrument.id));
  const free = useQuery(calendar(one.instrument.id, iso(dayFromKey(day, zone)), iso(dayFromKey(addDays(day, 2), zone))));
  return (
    <>
      <p className="soft" style={{ marginBottom: 12 }}>{formatSpan(own.from, own.to, zone, lang)}</p>
      <Answer query={about} loading={<Loading rows={3} />}>
        {(found) => (
          <SlotFields instrument={found} free={withOwn(freeOf(free.data), own)} day={day} setDay={setDay} chosen={chosen} choose={choose} name="move" />
        )}
      </Answer>
      {chosen && <p aria-live="polite">{t("lease.newTime")}: <b className="num">{formatSpan(chosen.from, chosen.to, zone, lang)}</b></p>}
      {chosen && <ChangeCost one={one} chosen={chosen} />}
    </>
  );
}

function Why({ value, set }: { value: string; set: (text: string) => void }) {
  const { t } = useTranslation();
  return (
    <Form.Item label={t("lease.reason")} htmlFor="act-reason" style={{ marginTop: 12 }}>
      <Input.TextArea id="act-reason" rows={2} maxLength={500} value={value} onChange={(event) => set(event.target.value)} />
    </Form.Item>
  );
}

export function MoveButton({ one, verb }: { one: Reservation; verb: "move" | "retime" }) {
  const { t } = useTranslation();
  const [chosen, choose] = useState<Span | null>(null);
  const [reason, setReason] = useState("");
  const moving = useActing(
    (span: Span) => {
      const slot = { starts_at: iso(span.from), ends_at: iso(span.to) };
      return verb === "retime" ? post(`${reservationAt(one.id)}/retime`, { ...slot, reason: reason.trim() }) : post(`${reservationAt(one.id)}/move`, slot);
    },
    { touches: TOUCHES, said: t("lease.done") },
  );
  const word = t(verb === "move" ? "lease.act.move" : "lease.act.retime");
  return (
    <Opens word={word} title={t("lease.pickTime")} busy={moving.isPending} ready={chosen !== null && (verb === "move" || !!reason.trim())}
      submit={(close) => chosen && moving.mutate(chosen, { onSuccess: () => { choose(null); close(); } })}>
      <TimePicker one={one} chosen={chosen} choose={choose} />
      {verb === "retime" && <Why value={reason} set={setReason} />}
    </Opens>
  );
}

function Ends({ one, chosen, choose }: { one: Reservation; chosen: number | null; choose: (at: number) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const zone = zoneOf(one.instrument);
  const own = ownOf(one);
  const about = useQuery(instrument(one.instrument.id));
  const found = useQuery(calendar(one.instrument.id, iso(own.from), iso(own.to + 12 * HOUR)));
  if (!about.data || !found.data) return <Loading rows={2} />;
  const taken = found.data.taken
    .filter((span) => span.kind === "reserved" || span.kind === "closure" || (span.kind === "mine" && span.reservation_id !== one.id))
    .map((span) => ({ from: Date.parse(span.starts_at), to: Date.parse(span.ends_at) }));
  const ends = laterEnds(own, taken, about.data.policy.grid_minutes * MINUTE);
  if (ends.length === 0) return <Alert type="info" showIcon title={t("lease.noExtension")} />;
  return (
    <Form.Item label={t("lease.until")} htmlFor="extend-until">
      <Select id="extend-until" className="num" value={chosen} onChange={choose} placeholder="--:--"
        options={ends.map((at) => ({ value: at, label: `${formatClock(at, zone)} · +${formatLength(at - own.to, lang)}` }))} />
    </Form.Item>
  );
}

export function ExtendButton({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const [until, setUntil] = useState<number | null>(null);
  const extending = useActing((at: number) => post(`${reservationAt(one.id)}/extend`, { ends_at: iso(at) }), { touches: TOUCHES, said: t("lease.done") });
  return (
    <Opens word={t("lease.act.extend")} title={t("lease.act.extend")} busy={extending.isPending} ready={until !== null}
      submit={(close) => until !== null && extending.mutate(until, { onSuccess: () => { setUntil(null); close(); } })}>
      <Ends one={one} chosen={until} choose={setUntil} />
      {until !== null && <ChangeCost one={one} chosen={{ from: ownOf(one).from, to: until }} />}
    </Opens>
  );
}

interface Choice {
  value: string;
  label: string;
}

function PersonField({ label, query, none, value, choose }: {
  label: string;
  query: { data: Choice[] | undefined; isError: boolean; error: Error | null; refetch: () => unknown };
  none: string;
  value: string | null;
  choose: (id: string) => void;
}) {
  return (
    <Answer query={query} loading={<Loading rows={1} />}>
      {(people) => people.length === 0 ? <Alert type="info" showIcon title={none} /> : (
        <Form.Item label={label} htmlFor="act-person">
          <Select id="act-person" showSearch={{ optionFilterProp: "label" }} value={value} onChange={choose} options={people} />
        </Form.Item>
      )}
    </Answer>
  );
}

function Colleagues({ value, choose }: { value: string | null; choose: (id: string) => void }) {
  const { t } = useTranslation();
  const found = useQuery({ ...colleagues, select: (list) => list.items.map((one): Choice => ({ value: one.id, label: one.display_name })) });
  return (
    <>
      <p className="soft" style={{ marginBottom: 12 }}>{t("lease.toWhomLead")}</p>
      <PersonField label={t("lease.toWhom")} query={found} none={t("lease.noColleagues")} value={value} choose={choose} />
    </>
  );
}

function Technicians({ value, choose }: { value: string | null; choose: (id: string) => void }) {
  const { t } = useTranslation();
  const found = useQuery({
    ...staff,
    select: (list) => list.items.filter((one) => one.is_active && one.roles.includes("technician")).map((one): Choice => ({ value: one.id, label: one.display_name })),
  });
  return <PersonField label={t("lease.whichTechnician")} query={found} none={t("lease.noTechnicians")} value={value} choose={choose} />;
}

export function PersonButton({ one, verb }: { one: Reservation; verb: "hand-over" | "technician" }) {
  const { t } = useTranslation();
  const [person, setPerson] = useState<string | null>(null);
  const giving = useActing((id: string) => post(`${reservationAt(one.id)}/${verb}`, { person_id: id }), { touches: TOUCHES, said: t("lease.done") });
  const word = t(verb === "hand-over" ? "lease.act.handOver" : "lease.act.assign");
  const Field = verb === "hand-over" ? Colleagues : Technicians;
  return (
    <Opens word={word} title={word} busy={giving.isPending} ready={person !== null}
      submit={(close) => person && giving.mutate(person, { onSuccess: () => { setPerson(null); close(); } })}>
      <Field value={person} choose={setPerson} />
    </Opens>
  );
}

/** Correcting needs a number; answering an objection may leave it as it was. Both say why. */
export function UsageButton({ one, verb }: { one: Reservation; verb: "correct" | "resolve" }) {
  const { t } = useTranslation();
  const [minutes, setMinutes] = useState<number | null>(null);
  const [reason, setReason] = useState("");
  const settling = useActing(
    () => post(`${reservationAt(one.id)}/usage/${verb}`, { reason: reason.trim(), ...(minutes === null ? {} : { metered_ms: Math.round(minutes * MINUTE) }) }),
    { touches: TOUCHES, said: t("lease.done") },
  );
  const word = t(verb === "correct" ? "lease.act.correct" : "lease.act.resolve");
  return (
    <Opens word={word} title={word} busy={settling.isPending} ready={!!reason.trim() && (verb === "resolve" || minutes !== null)}
      submit={(close) => settling.mutate(undefined, { onSuccess: close })}>
      <Form.Item label={t("lease.minutes")} htmlFor="act-minutes" extra={verb === "resolve" ? t("lease.minutesKept") : undefined}>
        <InputNumber id="act-minutes" min={0} precision={1} value={minutes} onChange={setMinutes} style={{ width: "100%" }} />
      </Form.Item>
      <Why value={reason} set={setReason} />
    </Opens>
  );
}
