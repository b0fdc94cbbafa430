/** The names an enterprise had, and the report of a new one. */

import { Button, DatePicker, Form, Input, Timeline } from "antd";
import { useQuery } from "@tanstack/react-query";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import { nameChanges, type StoredFile } from "../../api/people";
import type { components } from "../../api/schema";
import { useLang } from "../../i18n";
import { formatInstant } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { UploadButton } from "../../parts/files";
import { ToneTag } from "../../parts/marks";
import { LAB_ZONE } from "../../parts/page";
import { useRefusals } from "../../parts/refused";
import { Answer, Blank, Loading } from "../../parts/states";
import { Late, NameState } from "../reviews/names";

type Enterprise = components["schemas"]["EnterpriseView"];

function Chosen({ file }: { file: StoredFile | null }) {
  return file && <span className="clip">{file.name}</span>;
}

function Report({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<{ new_name: string; changed_on: Dayjs }>();
  const [licence, setLicence] = useState<StoredFile | null>(null);
  const [other, setOther] = useState<StoredFile | null>(null);
  const refuse = useRefusals(form);
  const sending = useActing(
    (given: { new_name: string; changed_on: Dayjs }) => post("/reviews/name-changes", {
      new_name: given.new_name.trim(), changed_on: given.changed_on.format("YYYY-MM-DD"), licence_file_id: licence?.id ?? null, other_file_id: other?.id ?? null,
    }),
    { touches: ["reviews"], said: t("enterprise.sent"), then: done },
  );
  const required = { required: true, message: t("staffing.invalid") };
  return (
    <Form form={form} layout="vertical" requiredMark={false} className="short-form" onFinish={(given) => sending.mutate(given, { onError: refuse })}>
      <Form.Item name="new_name" label={t("enterprise.newName")} rules={[required, { min: 2, max: 100, message: t("register.nameBad") }]}><Input maxLength={100} /></Form.Item>
      <Form.Item name="changed_on" label={t("enterprise.changedOn")} rules={[required]}><DatePicker style={{ width: "100%" }} disabledDate={(day) => day.valueOf() > Date.now()} /></Form.Item>
      <Form.Item name="licence_file_id" label={t("enterprise.licence")} rules={[{ validator: () => (licence ? Promise.resolve() : Promise.reject(new Error(t("staffing.invalid")))) }]}>
        <span className="row tight"><UploadButton purpose="name_change" name="licence" label={t("institution.fileChoose")} done={setLicence} /><Chosen file={licence} /></span>
      </Form.Item>
      <Form.Item label={t("enterprise.other")}>
        <span className="row tight"><UploadButton purpose="name_change" name="other" label={t("institution.fileChoose")} done={setOther} /><Chosen file={other} /></span>
      </Form.Item>
      <div className="whole"><Button type="primary" htmlType="submit" loading={sending.isPending}>{t("enterprise.send")}</Button></div>
    </Form>
  );
}

function Reports() {
  const { t } = useTranslation();
  const lang = useLang();
  const found = useQuery(nameChanges);
  return (
    <section className="panel">
      <header><h2>{t("enterprise.reports")}</h2></header>
      <Answer query={found} loading={<Loading rows={2} />}>
        {(list) => list.items.length === 0 ? <Blank title={t("enterprise.reportsNone")} /> : (
          <ul className="panel-body papers">
            {list.items.map((one) => (
              <li key={one.id} data-change={one.id}>
                <span>{one.former_name} → <b style={{ fontWeight: 600 }}>{one.new_name}</b> <span className="faint num">{one.changed_on} · {formatInstant(Date.parse(one.submitted_at), LAB_ZONE, lang)}</span></span>
                <span className="row tight">{one.is_late && <Late />}<NameState state={one.state} /></span>
                {one.remark && <p className="soft wide">{t("enterprise.remark", { text: one.remark })}</p>}
              </li>
            ))}
          </ul>
        )}
      </Answer>
    </section>
  );
}

export function Names({ one, administers }: { one: Enterprise; administers: boolean }) {
  const { t } = useTranslation();
  const [reporting, setReporting] = useState(false);
  const names = one.names.length > 0 ? one.names : [{ name: one.name, valid_from: null, valid_to: null }];
  const spanOf = (name: (typeof names)[number]): string => {
    const from = name.valid_from ?? t("enterprise.nameBegin");
    if (name.valid_to) return t("enterprise.nameSpan", { from, to: name.valid_to });
    return name.valid_from ? t("enterprise.nameFrom", { on: name.valid_from }) : from;
  };
  return (
    <>
      <section className="panel">
        <header>
          <h2>{t("enterprise.names")}</h2>
          {administers && <Button type={reporting ? "default" : "primary"} onClick={() => setReporting(!reporting)} aria-expanded={reporting}>{t("enterprise.report")}</Button>}
        </header>
        <div className="panel-body stack">
          {reporting && <><p className="soft">{t("enterprise.reportLead")}</p><Report done={() => setReporting(false)} /></>}
          <Timeline items={[...names].reverse().map((name) => ({
            color: name.valid_to ? "gray" : "green",
            content: <><span className="row tight">{name.name}{!name.valid_to && <ToneTag tone="running">{t("enterprise.nameNow")}</ToneTag>}</span><span className="faint num">{spanOf(name)}</span></>,
          }))} />
          <p className="faint">{t("enterprise.nameKept")}</p>
        </div>
      </section>
      {administers && <Reports />}
    </>
  );
}
