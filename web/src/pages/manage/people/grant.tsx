/** Grants a qualification: to whom, for which instruments, until when. */

import { DatePicker, Form, Input, Modal, Segmented, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import dayjs, { type Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";

import { useActing } from "../../../parts/acting";
import { useInstrumentOptions } from "../own";
import { policies } from "../rules/asked";
import { grant, type Granted } from "./asked";

const KINDS = ["instruments", "group", "all"] as const;

interface Given {
  login: string;
  name: string;
  kind: (typeof KINDS)[number];
  instruments?: string[];
  group?: string;
  until: Dayjs;
}

const kindOf = (one: Granted): Given["kind"] => (one.instrument_id ? "instruments" : one.group_code ? "group" : "all");

/** `former`: what is to be extended. */
export function GrantDialog({ former, close }: { former: Granted | null; close: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Given>();
  const kind = Form.useWatch("kind", form);
  const options = useInstrumentOptions();
  const groups = useQuery(policies).data?.groups ?? [];
  const granting = useActing(
    (given: Given) => grant({
      login: given.login.trim(), name: given.name.trim(), valid_until: given.until.format("YYYY-MM-DD"),
      instrument_ids: given.kind === "instruments" ? given.instruments ?? [] : [],
      group_code: given.kind === "group" ? given.group ?? null : null,
    }),
    { touches: ["qualifications"], said: t("trusted.granted"), then: close },
  );
  const title = t(former ? "trusted.extend" : "trusted.grant");
  const rules = [{ required: true, message: t("labCalendar.needed") }];
  const written = [{ required: true, whitespace: true, message: t("labCalendar.needed") }];
  const first: Partial<Given> = former
    ? { login: former.login, name: former.person, kind: kindOf(former), ...(former.instrument_id ? { instruments: [former.instrument_id] } : {}), ...(former.group_code ? { group: former.group_code } : {}), until: dayjs().add(1, "year") }
    : { kind: "instruments", until: dayjs().add(1, "year") };
  return (
    <Modal open title={title} okText={title} cancelText={t("common.close")} onCancel={close} confirmLoading={granting.isPending} onOk={() => form.submit()}>
      <Form<Given> form={form} layout="vertical" requiredMark={false} initialValues={first} onFinish={(given) => granting.mutate(given)}>
        <p className="soft" style={{ marginBottom: 12 }}>{t("trusted.grantLead")}</p>
        <Form.Item name="login" label={t("trusted.login")} rules={written}><Input maxLength={100} autoComplete="off" disabled={former !== null} /></Form.Item>
        <Form.Item name="name" label={t("trusted.name")} extra={t("trusted.nameHint")} rules={written}><Input maxLength={100} autoComplete="off" disabled={former !== null} /></Form.Item>
        <Form.Item name="kind" label={t("trusted.scope")}><Segmented block disabled={former !== null} options={KINDS.map((value) => ({ value, label: t(`trusted.kinds.${value}`) }))} /></Form.Item>
        {kind === "instruments" && (
          <Form.Item name="instruments" label={t("trusted.instruments")} rules={rules}>
            <Select mode="multiple" maxCount={100} disabled={former !== null} showSearch={{ optionFilterProp: "label" }} options={options} />
          </Form.Item>
        )}
        {kind === "group" && (
          <Form.Item name="group" label={t("trusted.groupName")} rules={rules}><Select disabled={former !== null} options={groups.map((value) => ({ value, label: value }))} /></Form.Item>
        )}
        <Form.Item name="until" label={t("trusted.until")} rules={rules}><DatePicker style={{ width: "100%" }} minDate={dayjs()} /></Form.Item>
      </Form>
    </Modal>
  );
}
