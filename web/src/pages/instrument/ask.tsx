/** What the form asks beside the time: for whom, how, and the instrument's own questions. */

import { Alert, Checkbox, Form, Input, InputNumber, Radio, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { type Colleague, colleagues, type ReservationWish } from "../../api/lease";
import type { Instrument } from "../../api/types";
import { pick, useLang } from "../../i18n";
import type { Answers, Asked, Question } from "../../lib/questions";
import { actsForClients, reserves, usePerson } from "../../shell/access";

export interface Wishes {
  purpose: string;
  holder_id: string | null;
  mode: "self_operated" | "assisted";
  presence: NonNullable<ReservationWish["presence"]>;
  answers: Answers;
}

export const NO_WISHES: Wishes = { purpose: "", holder_id: null, mode: "self_operated", presence: "present", answers: {} };

const PRESENCES = ["present", "observer", "absent"] as const;

function Field({ one, value, set }: { one: Question; value: unknown; set: (value: unknown) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const id = `question-${one.key}`;
  const label = `${pick(lang, one, "label")}${one.required ? " *" : ""}`;
  const control = {
    text: <Input id={id} maxLength={one.max_length} value={typeof value === "string" ? value : ""} onChange={(event) => set(event.target.value)} />,
    number: (
      <InputNumber id={id} style={{ width: "100%" }} value={typeof value === "number" ? value : null} onChange={set}
        {...(one.least === null ? {} : { min: one.least })} {...(one.most === null ? {} : { max: one.most })} />
    ),
    choice: <Select id={id} allowClear={!one.required} value={typeof value === "string" ? value : null} onChange={set} options={one.choices.map((each) => ({ value: each, label: each }))} />,
    boolean: (
      <Radio.Group id={id} value={value} onChange={(event) => set(event.target.value)}
        options={[{ value: true, label: t("lease.yes") }, { value: false, label: t("lease.no") }]} />
    ),
  }[one.type];
  return <Form.Item label={label} htmlFor={id}>{control}</Form.Item>;
}

function Declaration({ value, set }: { value: unknown; set: (value: unknown) => void }) {
  const { t } = useTranslation();
  const said = typeof value === "object" && value !== null ? (value as { hazardous?: boolean; substances?: string }) : {};
  return (
    <>
      <Form.Item label={`${t("form.declaration")} *`} htmlFor="declaration">
        <Radio.Group id="declaration" value={said.hazardous} onChange={(event) => set({ ...said, hazardous: event.target.value === true })}
          options={[{ value: false, label: t("form.harmless") }, { value: true, label: t("form.hazardous") }]} />
      </Form.Item>
      {said.hazardous && (
        <Form.Item label={`${t("form.substances")} *`} htmlFor="substances">
          <Input id="substances" maxLength={500} value={said.substances ?? ""} onChange={(event) => set({ ...said, substances: event.target.value })} />
        </Form.Item>
      )}
    </>
  );
}

/** A station reserves for somebody of an enterprise that entrusted it with that. */
function ForClient({ people, value, set }: { people: Colleague[]; value: string | null; set: (id: string | null) => void }) {
  const { t } = useTranslation();
  if (people.length === 0) return <Alert type="info" showIcon style={{ marginBottom: 16 }} title={t("agency.noClient")} />;
  const clients = [...new Set(people.map((one) => one.enterprise ?? ""))];
  return (
    <Form.Item label={`${t("agency.forWhom")} *`} htmlFor="booking-holder">
      <Select id="booking-holder" showSearch={{ optionFilterProp: "label" }} value={value} onChange={set} placeholder={t("agency.choose")}
        options={clients.map((client) => ({ label: client, options: people.filter((one) => one.enterprise === client).map((one) => ({ value: one.id, label: one.display_name })) }))} />
    </Form.Item>
  );
}

export function ForWhom({ value, set }: { value: string | null; set: (id: string | null) => void }) {
  const { t } = useTranslation();
  const person = usePerson();
  const found = useQuery({ ...colleagues, enabled: reserves(person.data) });
  const others = found.data?.items ?? [];
  if (actsForClients(person.data) && found.data) return <ForClient people={others} value={value} set={set} />;
  if (!person.data || others.length === 0) return null;
  return (
    <Form.Item label={t("form.forWhom")} htmlFor="booking-holder">
      <Select id="booking-holder" showSearch={{ optionFilterProp: "label" }} value={value ?? ""} onChange={(id: string) => set(id || null)}
        options={[{ value: "", label: t("form.myself", { name: person.data.display_name }) }, ...others.map((one) => ({ value: one.id, label: one.display_name }))]} />
    </Form.Item>
  );
}

interface Asking<W> {
  instrument: Instrument;
  asked: Asked;
  wishes: W;
  set: (change: Partial<W>) => void;
}

export function Ask({ wishes, set, ...of }: Asking<Wishes>) {
  return (
    <>
      <ForWhom value={wishes.holder_id} set={(holder_id) => set({ holder_id })} />
      <Words {...of} wishes={wishes} set={set} />
    </>
  );
}

export function Words({ instrument, asked, wishes, set }: Asking<Omit<Wishes, "holder_id">>) {
  const { t } = useTranslation();
  const answer = (key: string, value: unknown): void => set({ answers: { ...wishes.answers, [key]: value } });
  const both = instrument.modes.includes("assisted") && instrument.modes.includes("self_operated");
  return (
    <>
      {both && (
        <Form.Item label={t("lease.mode")} htmlFor="booking-mode">
          <Radio.Group id="booking-mode" value={wishes.mode} onChange={(event) => set({ mode: event.target.value === "assisted" ? "assisted" : "self_operated" })}
            options={(["self_operated", "assisted"] as const).map((one) => ({ value: one, label: t(`lease.modes.${one}`) }))} />
        </Form.Item>
      )}
      {wishes.mode === "assisted" && (
        <Form.Item label={t("lease.presence")} htmlFor="booking-presence">
          <Select id="booking-presence" value={wishes.presence} onChange={(presence) => set({ presence })} options={PRESENCES.map((one) => ({ value: one, label: t(`lease.presences.${one}`) }))} />
        </Form.Item>
      )}
      <Form.Item label={t("booking.purpose")} htmlFor="booking-purpose">
        <Input id="booking-purpose" maxLength={200} value={wishes.purpose} placeholder={t("booking.purposeHint")} onChange={(event) => set({ purpose: event.target.value })} />
      </Form.Item>
      {asked.questions.map((one) => <Field key={one.key} one={one} value={wishes.answers[one.key]} set={(value) => answer(one.key, value)} />)}
      {asked.needs_declaration && <Declaration value={wishes.answers.declaration} set={(value) => answer("declaration", value)} />}
    </>
  );
}

/** What is against the instrument itself is taken with open eyes, or not at all. */
const ACCEPTED = { calibration_waiver: "waiver_needed", limits_accepted: "limits_not_accepted" } as const;

export function Accept({ instrument, problems, answers, set }: { instrument: Instrument; problems: { code: string }[]; answers: Record<string, unknown>; set: (answers: Record<string, unknown>) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const words = { calibration_waiver: t("form.waiver"), limits_accepted: t("form.limits", { limits: pick(lang, instrument, "limited_to") }) };
  return (["calibration_waiver", "limits_accepted"] as const).map((name) =>
    (problems.some((one) => one.code === ACCEPTED[name]) || name in answers) && (
      <Checkbox key={name} checked={answers[name] === true} onChange={(event) => set({ ...answers, [name]: event.target.checked })} style={{ marginTop: 8 }}>{words[name]}</Checkbox>
    ));
}
