/** A forgotten password: a code to one's own phone or mailbox, and a new one. */

import { Alert, Button, Form, Input, Result, Segmented } from "antd";
import { useMutation } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { recoverPassword } from "../../api/account";
import { isProblem } from "../../api/http";
import { pick, useLang } from "../../i18n";
import { useTitle } from "../../parts/page";
import { useProblemText } from "../../parts/states";
import { ConfirmedField } from "./confirmed";
import "./people.css";

type Channel = "email" | "phone";

interface Filled {
  login: string;
  email?: string;
  phone?: string;
  password: string;
  repeat: string;
  code?: string;
}

function RecoverForm({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const textOf = useProblemText();
  const [form] = Form.useForm<Filled>();
  const [channel, setChannel] = useState<Channel>("email");
  const [proof, setProof] = useState<string | null>(null);
  const prove = useCallback((id: string | null) => setProof(id), []);
  const setting = useMutation({
    mutationFn: (given: Filled) => recoverPassword({
      login: given.login.trim(), channel, address: (given[channel] ?? "").trim(), confirmation_id: proof ?? "", password: given.password, code: given.code?.trim() || null,
    }),
    onSuccess: done,
  });
  const said = isProblem(setting.error) ? setting.error : null;
  const asksCode = said !== null && ["second_factor_required", "second_factor_wrong"].includes(said.code);
  const finish = (given: Filled): void => {
    form.setFields([{ name: channel, errors: proof ? [] : [t("register.notVerified")] }]);
    if (proof) setting.mutate(given);
  };
  const required = { required: true, message: t("register.missing") };
  return (
    <Form form={form} layout="vertical" requiredMark={false} onFinish={finish}>
      {said && said.code !== "second_factor_required" && (
        <Alert type="error" showIcon role="alert" style={{ marginBottom: 14 }} title={textOf(said)}
          description={said.problems.length > 0 && <ul>{said.problems.map((one) => <li key={one.code}>{pick(lang, one, "detail")}</li>)}</ul>} />
      )}
      <Form.Item name="login" label={t("auth.login")} rules={[required]}><Input autoComplete="username" maxLength={100} autoFocus /></Form.Item>
      <Form.Item label={t("recover.by")}>
        <Segmented<Channel> value={channel} onChange={setChannel} aria-label={t("recover.by")} options={[{ value: "email", label: t("register.email") }, { value: "phone", label: t("register.phone") }]} />
      </Form.Item>
      <ConfirmedField key={channel} form={form} channel={channel} label={t(`register.${channel}`)} prove={prove} />
      <Form.Item name="password" label={t("account.next")} rules={[required]}><Input.Password autoComplete="new-password" maxLength={128} /></Form.Item>
      <Form.Item name="repeat" label={t("account.repeat")} dependencies={["password"]}
        rules={[required, ({ getFieldValue }) => ({ validator: (_, value) => (!value || value === getFieldValue("password") ? Promise.resolve() : Promise.reject(new Error(t("account.differ")))) })]}>
        <Input.Password autoComplete="new-password" maxLength={128} />
      </Form.Item>
      {asksCode && (
        <Form.Item name="code" label={t("account.code")} extra={t("account.codeLead")} rules={[{ required: true, message: t("account.codeMissing") }]}>
          <Input autoComplete="one-time-code" maxLength={40} autoFocus className="num" />
        </Form.Item>
      )}
      <Button type="primary" htmlType="submit" block size="large" loading={setting.isPending}>{t("recover.set")}</Button>
    </Form>
  );
}

export function RecoverPage() {
  const { t } = useTranslation();
  const [isDone, setIsDone] = useState(false);
  useTitle(t("recover.title"));
  return (
    <div className="panel" style={{ maxWidth: 480, margin: "28px auto" }}>
      <header><h1 style={{ fontSize: 18 }}>{t("recover.title")}</h1></header>
      <div className="panel-body">
        {isDone ? <Result status="success" title={t("recover.done")} extra={<Link to="/sign-in"><Button type="primary" tabIndex={-1}>{t("auth.signIn")}</Button></Link>} /> : (
          <>
            <p className="soft" style={{ marginBottom: 16 }}>{t("recover.lead")}</p>
            <RecoverForm done={() => setIsDone(true)} />
          </>
        )}
      </div>
    </div>
  );
}
