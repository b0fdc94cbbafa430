/** Correcting what an application says, after it came back or before it was submitted. */

import { Alert, Button, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { correct, type Registration } from "../../api/people";
import { useActing } from "../../parts/acting";
import { useRefusals } from "../../parts/refused";

const FIELDS = { real_name: "realName", identity_number: "identityNumber", display_name: "displayName" } as const;
const OF_ORGANISATION = { organisation: "organisation", credit_code: "creditCode" } as const;

type Corrected = Partial<Record<keyof typeof FIELDS | keyof typeof OF_ORGANISATION, string>>;

export function Correction({ one }: { one: Registration }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Corrected>();
  const [wrong, setWrong] = useState(0);
  const refuse = useRefusals(form, { already_registered: "identity_number" });
  const fields = { ...(one.kind === "ordinary" ? {} : OF_ORGANISATION), ...FIELDS };
  const correcting = useActing((said: Corrected) => correct(one.id, said), {
    touches: ["registrations", "me"], said: t("registrations.fixed"), then: () => { form.resetFields(); setWrong(0); },
  });
  const finish = (given: Corrected): void => {
    const filled = Object.entries(given as Record<string, string | undefined>).map(([name, text]) => [name, text?.trim() ?? ""] as const);
    const said: Corrected = Object.fromEntries(filled.filter(([, text]) => text));
    if (Object.keys(said).length > 0) correcting.mutate(said, { onError: (error) => setWrong(refuse(error)) });
  };
  const shown: Record<string, string> = { organisation: one.organisation, credit_code: one.credit_code };
  return (
    <section className="panel">
      <header><h2>{t("registrations.fix")}</h2><span className="faint">{t("registrations.fixLead")}</span></header>
      <div className="panel-body">
        <Form form={form} layout="vertical" requiredMark={false} onFinish={finish} className="short-form">
          {Object.entries(fields).map(([name, word]) => {
            const remarks = one.remarks.filter((remark) => remark.field === name);
            return (
              <Form.Item key={name} name={name} label={t(`register.${word}`)}
                extra={remarks.length > 0 && <ul className="remarks">{remarks.map((remark) => <li key={remark.text}>{remark.text}</li>)}</ul>}>
                <Input maxLength={100} placeholder={shown[name]} autoComplete="off" />
              </Form.Item>
            );
          })}
          {wrong > 0 && <Alert className="whole" role="alert" type="error" showIcon title={t("register.wrong", { count: wrong })} style={{ marginBottom: 12 }} />}
          <div className="whole"><Button htmlType="submit" loading={correcting.isPending}>{t("registrations.fixSave")}</Button></div>
        </Form>
      </div>
    </section>
  );
}
