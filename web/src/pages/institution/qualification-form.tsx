/** Entering a certificate: its number, the days it holds, what it covers, its scan. */

import { Alert, Button, Form, Input, Select, DatePicker } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import type { StoredFile } from "../../api/people";
import { useActing } from "../../parts/acting";
import { UploadButton } from "../../parts/files";
import { useRefusals } from "../../parts/refused";

const KINDS = ["cma", "cnas", "other"] as const;
const PARTS = ["object", "parameter", "method"];

interface Given {
  kind: (typeof KINDS)[number];
  number: string;
  valid: [Dayjs, Dayjs];
  scope?: string;
}

/** "钢材；抗拉强度；GB/T 228.1" a line. */
export function readScope(text: string): Record<string, string>[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean)
    .map((line) => Object.fromEntries(line.split(/[;；]/).slice(0, PARTS.length).map((part, at) => [PARTS[at] ?? "", part.trim()])));
}

export function QualificationForm({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Given>();
  const [file, setFile] = useState<StoredFile | null>(null);
  const [wrong, setWrong] = useState(0);
  const kind = Form.useWatch<Given["kind"] | undefined>("kind", form) ?? "cma";
  const refuse = useRefusals(form);
  const adding = useActing(
    ({ kind, number, valid, scope }: Given) => post("/institution/qualifications", {
      kind, number: number.trim(), valid_from: valid[0].format("YYYY-MM-DD"), valid_to: valid[1].format("YYYY-MM-DD"),
      scope: readScope(scope ?? ""), file_id: file?.id ?? null,
    }),
    { touches: ["institution"], said: t("institution.added"), then: () => { form.resetFields(); setFile(null); setWrong(0); done(); } },
  );
  const required = { required: true, message: t("staffing.invalid") };
  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={{ kind: "cma" }} className="short-form"
      onFinish={(given) => adding.mutate(given, { onError: (error) => setWrong(refuse(error)) })}>
      <Form.Item name="kind" label={t("institution.kindLabel")}><Select options={KINDS.map((one) => ({ value: one, label: t(`institution.kind.${one}`) }))} /></Form.Item>
      <Form.Item name="number" label={t("institution.number")} extra={t(`institution.numberHint.${kind}`)} rules={[required]}><Input maxLength={60} className="mono-input" spellCheck={false} /></Form.Item>
      <Form.Item name="valid" label={t("institution.validity")} rules={[required]}><DatePicker.RangePicker style={{ width: "100%" }} /></Form.Item>
      <Form.Item label={t("institution.file")}>
        <span className="row tight"><UploadButton purpose="qualification" name="qualification" label={t("institution.fileChoose")} done={setFile} />{file && <span className="clip">{file.name}</span>}</span>
      </Form.Item>
      <Form.Item name="scope" label={t("institution.scope")} extra={t("institution.scopeHint")} className="whole"><Input.TextArea autoSize={{ minRows: 2, maxRows: 8 }} maxLength={20_000} /></Form.Item>
      {wrong > 0 && <Alert className="whole" role="alert" type="error" showIcon title={t("register.wrong", { count: wrong })} style={{ marginBottom: 12 }} />}
      <div className="whole"><Button type="primary" htmlType="submit" loading={adding.isPending}>{t("institution.add")}</Button></div>
    </Form>
  );
}
