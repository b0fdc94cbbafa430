/** Grants a qualification: to whom, for which instruments, until when. */

import { DatePicker, Form, Input, Modal, Segmented, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import dayjs, { type Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";

import { pick, useLang } from "../../../i18n";
import { useActing } from "../../../parts/acting";
import { useInstrumentOptions } from "../own";
import { policies } from "../rules/asked";
import { type Grant, grant, type Granted } from "./asked";

const KINDS = ["instruments", "group", "all"] as const;

interface Given {
  login: string;
  name: string;
  kind: (typeof KINDS)[number];
  instruments?: string[];
  group?: string;
  until: Dayjs;
}

function grantOf({ login, name, kind, instruments, group }: Given): Omit<Grant, "valid_until"> {
  return {
    login: login.trim(), name: name.trim(),
    instrument_ids: kind === "instruments" ? instruments ?? [] : [],
    group_code: kind === "group" ? group ?? null : null,
  };
}

/** The same once more, for another day. */
function grantAgain(one: Granted): Omit<Grant, "valid_until"> {
  return { login: one.login, name: one.person, instrument_ids: one.instrument_id ? [one.instrument_id] : [], group_code: one.group_code };
}

/** For what a qualification is, in words. */
export function useScope(): (one: Granted) => string {
  const { t } = useTranslation();
  const lang = useLang();
  return (one) => {
    if (one.instrument_id) return pick(lang, { name_zh: one.instrument_zh ?? "", name_en: one.instrument_en ?? "" }, "name");
    return one.group_code ? t("trusted.group", { code: one.group_code }) : t("trusted.all");
  };
}

/** `former`: what is to be extended. */
export function GrantDialog({ former, close }: { former: Granted | null; close: () => void }) {
  const { t } = useTranslation();
  const scope = useScope();
  const [form] = Form.useForm<Given>();
  const kind = Form.useWatch("kind", form);
  const options = useInstrumentOptions();
  const groups = useQuery(policies).data?.groups ?? [];
  const granting = useActing(
    (given: Given) => grant({ ...(former ? grantAgain(former) : grantOf(given)), valid_until: given.until.format("YYYY-MM-DD") }),
    { touches: ["qualifications"], said: t("trusted.granted"), then: close },
  );
  const title = t(former ? "trusted.extend" : "trusted.grant");
  const rules = [{ required: true, message: t("labCalendar.needed") }];
  const written = [{ required: true, whitespace: true, message: t("labCalendar.needed") }];
  return (
    <Modal open title={former ? `${title}: ${former.person}` : title} okText={title} cancelText={t("common.close")} onCancel={close} confirmLoading={granting.isPending} onOk={() => form.submit()}>
      <Form<Given> form={form} layout="vertical" requiredMark={false} initialValues={{ kind: "instruments", until: dayjs().add(1, "year") }} onFinish={(given) => granting.mutate(given)}>
        <p className="soft" style={{ marginBottom: 12 }}>{former ? scope(former) : t("trusted.grantLead")}</p>
        {!former && (
          <>
            <Form.Item name="login" label={t("trusted.login")} rules={written}><Input maxLength={100} autoComplete="off" /></Form.Item>
            <Form.Item name="name" label={t("trusted.name")} extra={t("trusted.nameHint")} rules={written}><Input maxLength={100} autoComplete="off" /></Form.Item>
            <Form.Item name="kind" label={t("trusted.scope")}><Segmented block options={KINDS.map((value) => ({ value, label: t(`trusted.kinds.${value}`) }))} /></Form.Item>
            {kind === "instruments" && (
              <Form.Item name="instruments" label={t("trusted.instruments")} rules={rules}>
                <Select mode="multiple" maxCount={100} showSearch={{ optionFilterProp: "label" }} options={options} />
              </Form.Item>
            )}
            {kind === "group" && (
              <Form.Item name="group" label={t("trusted.groupName")} rules={rules}><Select options={groups.map((value) => ({ value, label: value }))} /></Form.Item>
            )}
          </>
        )}
        <Form.Item name="until" label={t("trusted.until")} rules={rules}><DatePicker style={{ width: "100%" }} minDate={dayjs()} /></Form.Item>
      </Form>
    </Modal>
  );
}
