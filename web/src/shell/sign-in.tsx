/** Signing in: a dialog any page can ask for, and a page of its own. */

import { Alert, App, Button, Form, Input, Modal } from "antd";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, Navigate, useNavigate, useSearchParams } from "react-router";

import { demoAccounts, signIn } from "../api/calls";
import { isProblem } from "../api/http";
import type { DemoAccount, Person } from "../api/types";
import { restartFeed } from "../live/feed";
import { useTitle } from "../parts/page";
import { useProblemText } from "../parts/states";
import { usePerson, useRoleName } from "./access";
import { ProviderButton } from "./provider";

interface SignInDialog {
  /** Opens the dialog; `then` runs once the person has signed in. */
  ask: (then?: (person: Person) => void) => void;
}

const Dialog = createContext<SignInDialog>({ ask: () => undefined });

export function useSignIn(): SignInDialog {
  return useContext(Dialog);
}

function DemoHint({ accounts, choose }: { accounts: DemoAccount[]; choose: (one: DemoAccount) => void }) {
  const { t } = useTranslation();
  const roleName = useRoleName();
  if (accounts.length === 0) return null;
  return (
    <section aria-label={t("auth.demo")} style={{ marginTop: 20, borderTop: "1px solid var(--line)", paddingTop: 14 }}>
      <h3 style={{ fontSize: 14 }}>{t("auth.demo")}</h3>
      <p className="faint" style={{ margin: "2px 0 10px" }}>{t("auth.demoLead")}</p>
      <ul style={{ display: "grid", gap: 6 }}>
        {accounts.map((one) => (
          <li key={one.login}>
            <Button block style={{ height: "auto", padding: "6px 12px", justifyContent: "space-between" }}
              onClick={() => choose(one)} data-demo={one.login}>
              <span><b style={{ fontWeight: 600 }}>{one.display_name}</b> <span className="soft">· {roleName(one.role)}</span></span>
              <span className="mono soft">{one.login}</span>
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What there is to do once somebody is signed in, whichever way; they are greeted, or told `said`. */
export function useEntered(): (person: Person, said?: string) => Promise<void> {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const { message } = App.useApp();
  return async (person, said) => {
    cache.setQueryData(["me"], person);
    await cache.invalidateQueries({ predicate: (one) => one.queryKey[0] !== "me" });
    restartFeed(cache);
    void message.success(said ?? t("auth.welcome", { name: person.display_name }));
  };
}

function SignInForm({ done, to, leave }: { done: (person: Person) => void; to: string; leave?: () => void }) {
  const { t } = useTranslation();
  const entered = useEntered();
  const textOf = useProblemText();
  const [form] = Form.useForm<{ login: string; password: string; code?: string }>();
  const accounts = useQuery(demoAccounts);
  const entering = useMutation({
    mutationFn: signIn,
    onSuccess: async (person) => {
      await entered(person);
      done(person);
    },
  });
  const said = isProblem(entering.error) ? entering.error : null;
  const asksCode = said !== null && ["second_factor_required", "second_factor_wrong"].includes(said.code);
  const refused = said && said.code !== "second_factor_required" ? textOf(said) : null;
  return (
    <>
      <p className="soft" style={{ marginBottom: 16 }}>{t("auth.lead")}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(given) => entering.mutate(given)}>
        {refused && <Alert type="error" showIcon title={refused} style={{ marginBottom: 14 }} role="alert" />}
        <Form.Item name="login" label={t("auth.login")} rules={[{ required: true, message: t("auth.loginMissing") }]}>
          <Input autoComplete="username" autoFocus size="large" />
        </Form.Item>
        <Form.Item name="password" label={t("auth.password")} rules={[{ required: true, message: t("auth.passwordMissing") }]}>
          <Input.Password autoComplete="current-password" size="large" />
        </Form.Item>
        {asksCode && (
          <Form.Item name="code" label={t("account.code")} extra={t("account.codeLead")} rules={[{ required: true, message: t("account.codeMissing") }]}>
            <Input autoComplete="one-time-code" maxLength={40} autoFocus size="large" className="num" />
          </Form.Item>
        )}
        <Button type="primary" htmlType="submit" block size="large" loading={entering.isPending}>{t("auth.signIn")}</Button>
        <p style={{ marginTop: 12, textAlign: "center" }}><Link to="/recover" onClick={leave}>{t("recover.link")}</Link> · <Link to="/register" onClick={leave}>{t("register.link")}</Link></p>
      </Form>
      <ProviderButton to={to} />
      <DemoHint accounts={accounts.data ?? []}
        choose={(one) => {
          form.setFieldsValue({ login: one.login, password: one.password });
          form.submit();
        }} />
    </>
  );
}

export function SignInProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [then, setThen] = useState<{ run: (person: Person) => void } | null>(null);
  const dialog = useMemo(
    () => ({ ask: (next?: (person: Person) => void) => setThen({ run: next ?? (() => undefined) }) }),
    [],
  );
  return (
    <Dialog value={dialog}>
      {children}
      <Modal open={then !== null} title={t("auth.title")} footer={null} destroyOnHidden width={420} onCancel={() => setThen(null)}>
        <SignInForm to={window.location.pathname + window.location.search} leave={() => setThen(null)} done={(person) => { then?.run(person); setThen(null); }} />
      </Modal>
    </Dialog>
  );
}

/** Where to go after signing in: a path of ours, never another site. */
export function safePath(path: string | null): string {
  return path?.startsWith("/") && !/^\/[/\\]/.test(path) ? path : "/";
}

export function SignInPage() {
  const { t } = useTranslation();
  const [search] = useSearchParams();
  const go = useNavigate();
  const person = usePerson();
  useTitle(t("auth.signIn"));
  const target = safePath(search.get("to"));
  if (person.data) return <Navigate to={target} replace />;
  return (
    <div className="panel" style={{ maxWidth: 440, margin: "28px auto" }}>
      <header><h1 style={{ fontSize: 18 }}>{t("auth.title")}</h1></header>
      <div className="panel-body"><SignInForm to={target} done={() => void go(target, { replace: true })} /></div>
    </div>
  );
}
