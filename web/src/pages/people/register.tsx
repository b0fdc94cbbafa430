/** Registering: who one is, what is needed for it, and an account to hand the papers in with. */

import { Alert, Button, Checkbox, Form, Input, Radio } from "antd";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, Navigate, useLocation, useNavigate, useSearchParams } from "react-router";

import { signIn } from "../../api/calls";
import { isProblem } from "../../api/http";
import { type Kind, needs, type Needs, register } from "../../api/people";
import { useLang, pick } from "../../i18n";
import { type Fault, faultOfCreditCode, faultOfIdentityNumber, kindsIn } from "../../lib/numbers";
import { dayKey } from "../../lib/time";
import { LAB_ZONE, PageHead } from "../../parts/page";
import { useRefusals } from "../../parts/refused";
import { Answer, Loading, useProblemText } from "../../parts/states";
import { ToneTag } from "../../parts/marks";
import { usePerson } from "../../shell/access";
import { useEntered } from "../../shell/sign-in";
import { ConfirmedField } from "./confirmed";
import "./people.css";

const KINDS: Kind[] = ["ordinary", "enterprise", "institution"];
const VERSION = "1";

interface Filled {
  login: string;
  password: string;
  display_name: string;
  real_name: string;
  identity_number: string;
  phone: string;
  email: string;
  organisation?: string;
  credit_code?: string;
}

function NeededPapers({ kind, all }: { kind: Kind; all: Needs }) {
  const { t } = useTranslation();
  const lang = useLang();
  const papers = all.items.find((one) => one.kind === kind)?.papers ?? [];
  return (
    <section className="panel needs" aria-label={t("register.needs")}>
      <header><h2>{t("register.needs")}</h2></header>
      <div className="panel-body stack" style={{ gap: 10 }}>
        <p className="soft">{t("register.needsLead")}</p>
        <ol>
          {papers.map((one) => (
            <li key={one.paper} className="spread" data-need={one.paper}>
              <span>{pick(lang, one, "name")}</span>
              <ToneTag tone={one.may_lack ? "idle" : "accent"}>{t(one.may_lack ? "register.mayLack" : "register.must")}</ToneTag>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function Consent({ name, title, text }: { name: "terms" | "identity_data"; title: string; text: string }) {
  const { t } = useTranslation();
  return (
    <Form.Item name={["consents", name]} valuePropName="checked" style={{ marginBottom: 8 }}
      rules={[{ validator: (_, agreed) => (agreed ? Promise.resolve() : Promise.reject(new Error(t("register.needed")))) }]}
      extra={<details><summary>{t("register.read")}</summary><p>{text}</p></details>}>
      <Checkbox>{title}</Checkbox>
    </Form.Item>
  );
}

/** A rule that judges a number while it is typed, and names what is wrong. */
function useNumberRule(faultOf: (text: string) => Fault | null) {
  const { t } = useTranslation();
  return {
    validator: (_: unknown, text: string | undefined) => {
      const fault = text ? faultOf(text.trim()) : null;
      return fault ? Promise.reject(new Error(t(`register.faults.${fault}`))) : Promise.resolve();
    },
  };
}

/** What another platform called somebody who came from its sign-in and has no account here yet. */
function useCalled(): string {
  const state = useLocation().state as { display_name?: unknown } | null;
  return typeof state?.display_name === "string" ? state.display_name : "";
}

function Fields({ kind, all }: { kind: Kind; all: Needs }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const entered = useEntered();
  const go = useNavigate();
  const called = useCalled();
  const [form] = Form.useForm<Filled>();
  const [phoneId, setPhoneId] = useState<string | null>(null);
  const [emailId, setEmailId] = useState<string | null>(null);
  const [wrong, setWrong] = useState(0);
  const provePhone = useCallback((id: string | null) => setPhoneId(id), []);
  const proveEmail = useCallback((id: string | null) => setEmailId(id), []);
  const refuse = useRefusals(form, { login_taken: "login", already_registered: "identity_number" });
  const credit = useNumberRule(faultOfCreditCode);
  const identity = useNumberRule((text) => faultOfIdentityNumber(text, dayKey(Date.now(), LAB_ZONE)));
  const required = { required: true, message: t("register.missing") };
  const named = { whitespace: true, min: 2, max: 100, message: t("register.nameBad") };

  const sending = useMutation({
    mutationFn: async (given: Filled) => {
      const made = await register({
        kind,
        login: given.login,
        password: given.password,
        display_name: given.display_name,
        organisation: kind === "ordinary" ? "" : (given.organisation ?? "").trim(),
        credit_code: kind === "ordinary" ? "" : (given.credit_code ?? "").trim().toUpperCase(),
        identity_number: given.identity_number.trim().toUpperCase(),
        real_name: given.real_name.trim(),
        phone: given.phone.trim(),
        email: given.email.trim(),
        phone_confirmation_id: phoneId ?? "",
        email_confirmation_id: emailId ?? "",
        consents: { terms: VERSION, identity_data: VERSION },
      });
      const person = await signIn({ login: given.login, password: given.password });
      return { made, person };
    },
    onSuccess: async ({ made, person }) => {
      await entered(person, t("register.made"));
      void go(`/registrations?id=${made.id}`);
    },
    onError: (error) => setWrong(refuse(error)),
  });
  const refused = isProblem(sending.error) && wrong === 0 ? textOf(sending.error) : null;

  const finish = (given: Filled): void => {
    const unproven = [...(phoneId ? [] : ["phone" as const]), ...(emailId ? [] : ["email" as const])];
    form.setFields(unproven.map((name) => ({ name, errors: [t("register.notVerified")] })));
    setWrong(unproven.length);
    if (unproven.length === 0) sending.mutate(given);
  };

  return (
    <Form form={form} layout="vertical" requiredMark={false} className="register-form" scrollToFirstError={{ block: "center", focus: true }} initialValues={{ display_name: called }}
      onFinish={finish} onFinishFailed={({ errorFields }) => setWrong(errorFields.length)}>
      {kind !== "ordinary" && (
        <fieldset>
          <legend>{t(`register.kind.${kind}`)}</legend>
          <div className="two">
            <Form.Item name="organisation" label={t("register.organisation")} extra={t("register.organisationHint")} rules={[required, named]}><Input autoComplete="organization" maxLength={100} /></Form.Item>
            <Form.Item name="credit_code" label={t("register.creditCode")} extra={t("register.creditHint")} rules={[required, credit]} validateTrigger={["onChange", "onBlur"]} validateDebounce={250} normalize={(text: string) => text.toUpperCase()}>
              <Input maxLength={18} className="mono-input" spellCheck={false} autoComplete="off" />
            </Form.Item>
          </div>
        </fieldset>
      )}
      <fieldset>
        <legend>{t("register.person")}</legend>
        <p className="faint">{t("register.personLead")}</p>
        <div className="two">
          <Form.Item name="real_name" label={t("register.realName")} rules={[required, named]}><Input autoComplete="name" maxLength={100} /></Form.Item>
          <Form.Item name="identity_number" label={t("register.identityNumber")} rules={[required, identity]} validateTrigger={["onChange", "onBlur"]} validateDebounce={250} normalize={(text: string) => text.toUpperCase()}>
            <Input maxLength={18} className="mono-input" spellCheck={false} autoComplete="off" />
          </Form.Item>
        </div>
      </fieldset>
      <fieldset>
        <legend>{t("register.contact")}</legend>
        <div className="two">
          <div><ConfirmedField form={form} channel="phone" label={t("register.phone")} prove={provePhone} /></div>
          <div><ConfirmedField form={form} channel="email" label={t("register.email")} prove={proveEmail} /></div>
        </div>
      </fieldset>
      <fieldset>
        <legend>{t("register.account")}</legend>
        <div className="two">
          <Form.Item name="display_name" label={t("register.displayName")} extra={t("register.displayHint")} rules={[required, { whitespace: true, message: t("register.missing") }]}><Input autoComplete="nickname" maxLength={100} /></Form.Item>
          <Form.Item name="login" label={t("register.login")} extra={t("register.loginHint")} rules={[required, { pattern: /^[A-Za-z0-9._-]{3,60}$/, message: t("register.loginBad") }]} validateTrigger="onBlur">
            <Input autoComplete="username" maxLength={60} spellCheck={false} />
          </Form.Item>
          <Form.Item name="password" label={t("register.password")} dependencies={["login"]} validateTrigger={["onChange", "onBlur"]} validateDebounce={250}
            extra={t("register.passwordHint", { length: all.password_length_min })}
            rules={[
              required,
              { min: all.password_length_min, message: t("register.passwordShort", { length: all.password_length_min }) },
              ({ getFieldValue }) => ({
                validator: (_, text: string | undefined) => {
                  const login = String(getFieldValue("login") ?? "").toLowerCase();
                  if (text && login.length >= 4 && text.toLowerCase().includes(login)) return Promise.reject(new Error(t("register.passwordNames")));
                  if (text && kindsIn(text) < all.password_kinds_min) return Promise.reject(new Error(t("register.passwordKinds", { kinds: all.password_kinds_min })));
                  return Promise.resolve();
                },
              }),
            ]}><Input.Password autoComplete="new-password" maxLength={128} /></Form.Item>
          <Form.Item name="repeat" label={t("register.repeat")} dependencies={["password"]} validateTrigger="onBlur"
            rules={[
              required,
              ({ getFieldValue }) => ({ validator: (_, text) => (!text || text === getFieldValue("password") ? Promise.resolve() : Promise.reject(new Error(t("account.differ")))) }),
            ]}><Input.Password autoComplete="new-password" maxLength={128} /></Form.Item>
        </div>
      </fieldset>
      <fieldset>
        <legend>{t("register.consents")}</legend>
        <Consent name="terms" title={t("register.terms")} text={t("register.termsText")} />
        <Consent name="identity_data" title={t("register.identityData")} text={t("register.identityText")} />
      </fieldset>
      {wrong > 0 && <Alert role="alert" type="error" showIcon title={t("register.wrong", { count: wrong })} />}
      {refused && <Alert role="alert" type="error" showIcon title={refused} />}
      <div className="row">
        <Button type="primary" size="large" htmlType="submit" loading={sending.isPending}>{t("register.submit")}</Button>
        <Link to="/sign-in?to=/registrations">{t("register.have")}</Link>
      </div>
    </Form>
  );
}

export function RegisterPage() {
  const { t } = useTranslation();
  const person = usePerson();
  const found = useQuery(needs);
  const [search, setSearch] = useSearchParams();
  const kind = KINDS.find((one) => one === search.get("kind")) ?? "enterprise";
  if (person.data) return <Navigate to="/registrations" replace />;
  return (
    <>
      <PageHead title={t("register.title")} lead={t("register.lead")} />
      <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
        {(all) => (
          <div className="register">
            <div className="panel">
              <div className="panel-body stack">
                <Radio.Group value={kind} onChange={(event) => setSearch({ kind: String(event.target.value) }, { replace: true })} aria-label={t("register.kindLabel")} className="kinds">
                  {KINDS.map((one) => (
                    <Radio key={one} value={one} className={one === kind ? "kind chosen" : "kind"}>
                      <b>{t(`register.kind.${one}`)}</b>
                      <span className="soft">{t(`register.kindLead.${one}`)}</span>
                    </Radio>
                  ))}
                </Radio.Group>
                <Fields kind={kind} all={all} />
              </div>
            </div>
            <NeededPapers kind={kind} all={all} />
          </div>
        )}
      </Answer>
    </>
  );
}
