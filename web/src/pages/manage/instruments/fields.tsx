/** The card's fields in groups; only what was changed is sent. */

import { Alert, Button, DatePicker, Form, Input, InputNumber, Select, Switch } from "antd";
import { useQuery } from "@tanstack/react-query";
import dayjs, { type Dayjs } from "dayjs";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { categories } from "../../../api/calls";
import { pick, useLang } from "../../../i18n";
import { useActing } from "../../../parts/acting";
import { Problems } from "../../../parts/refusal";
import { useOwnInstruments } from "../own";
import { type Card, type CardChanges, putCard } from "./asked";

const TEXTS = {
  what: ["name_zh", "name_en", "model", "maker"],
  where: ["location", "region", "discipline", "limited_to_zh", "limited_to_en"],
  service: ["contact", "phone", "email"],
} as const;
const LONG = {
  what: ["description_zh", "description_en", "specification", "indicators"],
  where: [],
  service: ["service_content", "charging_standard", "open_rules"],
} as const;
const MODES = ["self_operated", "assisted", "entrusted"] as const;

interface Given extends Omit<CardChanges, "value_fen" | "commissioned_on" | "calibrated_until" | "set_up_s" | "cool_down_s"> {
  value?: number | null;
  commissioned?: Dayjs | null;
  calibrated?: Dayjs | null;
  set_up?: number | null;
  cool_down?: number | null;
}

function givenOf(one: Card): Given {
  const day = (text: string | null): Dayjs | null => (text ? dayjs(text) : null);
  return {
    name_zh: one.name_zh, name_en: one.name_en, model: one.model, maker: one.maker, category: one.category, is_shared: one.is_shared, location: one.location,
    description_zh: one.description_zh, description_en: one.description_en, specification: one.specification, indicators: one.indicators, discipline: one.discipline,
    standards: one.standards, customs_supervision: one.customs_supervision, region: one.region, service_content: one.service_content,
    charging_standard: one.charging_standard, open_rules: one.open_rules, contact: one.contact.name, phone: one.contact.phone, email: one.contact.email,
    modes: one.modes as Given["modes"], group_code: one.group_code, accessory_of: one.accessory_of?.id ?? null, is_metrological: one.is_metrological,
    limited_to_zh: one.limited_to_zh, limited_to_en: one.limited_to_en,
    value: one.value_fen === null ? null : one.value_fen / 100, commissioned: day(one.commissioned_on), calibrated: day(one.calibrated_until),
  };
}

/** As the api takes it: empty texts of what may be missing become nothing. */
function changesOf(touched: Partial<Given>): Partial<CardChanges> {
  const { value, commissioned, calibrated, set_up, cool_down, ...rest } = touched;
  const nullable = ["specification", "indicators", "discipline", "customs_supervision", "region", "service_content", "charging_standard", "open_rules", "contact", "phone", "email", "group_code", "accessory_of"];
  const plain = Object.fromEntries(Object.entries(rest).map(([key, each]) => [key, nullable.includes(key) && !each ? null : each]));
  return {
    ...plain,
    ...("value" in touched ? { value_fen: value == null ? null : Math.round(value * 100) } : {}),
    ...("commissioned" in touched ? { commissioned_on: commissioned?.format("YYYY-MM-DD") ?? null } : {}),
    ...("calibrated" in touched ? { calibrated_until: calibrated?.format("YYYY-MM-DD") ?? null } : {}),
    ...(set_up === undefined || set_up === null ? {} : { set_up_s: set_up * 60 }),
    ...(cool_down === undefined || cool_down === null ? {} : { cool_down_s: cool_down * 60 }),
  };
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel" aria-label={title}>
      <header><h2>{title}</h2></header>
      <div className="panel-body card-fields">{children}</div>
    </section>
  );
}

export function CardFields({ one }: { one: Card }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [form] = Form.useForm<Given>();
  const kinds = useQuery(categories);
  const own = useOwnInstruments();
  const before = givenOf(one);
  const saving = useActing((touched: Partial<Given>) => putCard(one.id, changesOf(touched)), { touches: ["instrument", "own-instruments", "instruments"], said: t("manage.saved") });
  const send = (given: Given): void => {
    const touched = Object.fromEntries(Object.entries(given).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key as keyof Given])));
    if (Object.keys(touched).length > 0) saving.mutate(touched);
  };
  const texts = (group: keyof typeof TEXTS): ReactNode => (
    <>
      {TEXTS[group].map((name) => <Form.Item key={name} name={name} label={t(`cards.fields.${name}`)} rules={name === "name_zh" || name === "model" ? [{ required: true, whitespace: true, message: t("labCalendar.needed") }] : name === "region" ? [{ pattern: /^[0-9]{2,6}$/, message: t("cards.regionWrong") }] : []}><Input maxLength={200} /></Form.Item>)}
      {LONG[group].map((name) => <Form.Item key={name} name={name} label={t(`cards.fields.${name}`)} className="long"><Input.TextArea rows={2} maxLength={2000} autoSize={{ minRows: 2, maxRows: 8 }} /></Form.Item>)}
    </>
  );
  return (
    <Form<Given> form={form} layout="vertical" requiredMark={false} initialValues={before} onFinish={send} className="stack" aria-label={t("cards.card")}>
      <Group title={t("cards.groups.what")}>
        {texts("what")}
        <Form.Item name="category" label={t("cards.fields.category")}><Select showSearch={{ optionFilterProp: "label" }} options={(kinds.data?.items ?? []).map((each) => ({ value: each.code, label: pick(lang, each, "name") }))} /></Form.Item>
        <Form.Item name="standards" label={t("cards.fields.standards")} className="long"><Select<string[]> mode="tags" open={false} suffix={null} tokenSeparators={[";", "；", ","]} /></Form.Item>
      </Group>
      <Group title={t("cards.groups.where")}>
        {texts("where")}
        <Form.Item name="value" label={t("cards.fields.value")}><InputNumber<number> min={0} precision={2} prefix="¥" style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="commissioned" label={t("cards.fields.commissioned")}><DatePicker style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="calibrated" label={t("cards.fields.calibrated")}><DatePicker style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="customs_supervision" label={t("cards.fields.customs_supervision")}><Input maxLength={200} /></Form.Item>
        <Form.Item name="is_metrological" label={t("cards.fields.is_metrological")} valuePropName="checked"><Switch /></Form.Item>
      </Group>
      <Group title={t("cards.groups.service")}>
        <Form.Item name="is_shared" label={t("cards.fields.is_shared")} valuePropName="checked"><Switch /></Form.Item>
        <Form.Item name="modes" label={t("cards.fields.modes")} rules={[{ required: true, message: t("labCalendar.needed") }]}><Select mode="multiple" options={MODES.map((mode) => ({ value: mode, label: t(`cards.modes.${mode}`) }))} /></Form.Item>
        <Form.Item name="group_code" label={t("cards.fields.group_code")} extra={t("cards.groupWhy")}><Input maxLength={40} /></Form.Item>
        <Form.Item name="accessory_of" label={t("cards.fields.accessory_of")}><Select allowClear showSearch={{ optionFilterProp: "label" }} options={(own.data ?? []).filter((each) => each.id !== one.id).map((each) => ({ value: each.id, label: `${pick(lang, each, "name")} ${each.code}` }))} /></Form.Item>
        <Form.Item name="set_up" label={t("cards.fields.set_up")} extra={t("cards.bufferWhy")}><InputNumber<number> min={0} max={1440} precision={0} suffix={t("rules.units.minutes")} placeholder={t("cards.asItWas")} style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="cool_down" label={t("cards.fields.cool_down")} extra={t("cards.bufferWhy")}><InputNumber<number> min={0} max={1440} precision={0} suffix={t("rules.units.minutes")} placeholder={t("cards.asItWas")} style={{ width: "100%" }} /></Form.Item>
        {texts("service")}
      </Group>
      {saving.isError && <Alert type="error" showIcon title={<Problems error={saving.error} />} />}
      <div className="save-bar"><Button type="primary" htmlType="submit" loading={saving.isPending}>{t("cards.save")}</Button></div>
    </Form>
  );
}
