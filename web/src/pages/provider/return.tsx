/** Where the other platform sends browsers back to: hands over what they brought, once. */

import { Alert, Button, Form, Input } from "antd";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate, useSearchParams } from "react-router";

import { isProblem } from "../../api/http";
import { type Arrival, comeBack, giveCode } from "../../api/provider";
import { pick, useLang } from "../../i18n";
import { useTitle } from "../../parts/page";
import { Loading, useProblemText } from "../../parts/states";
import { useProviderName } from "../../shell/provider";
import { safePath, useEntered } from "../../shell/sign-in";
import { Unknown } from "./unknown";

function Factor({ busy, error, submit }: { busy: boolean; error: Error | null; submit: (code: string) => void }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const name = useProviderName();
  return (
    <Form layout="vertical" requiredMark={false} onFinish={(given: { code: string }) => submit(given.code.trim())}>
      <p className="soft" style={{ marginBottom: 14 }}>{t("provider.factorLead", { name })}</p>
      {isProblem(error) && <Alert type="error" showIcon role="alert" title={textOf(error)} style={{ marginBottom: 14 }} />}
      <Form.Item name="code" label={t("account.code")} extra={t("account.codeLead")} rules={[{ required: true, message: t("account.codeMissing") }]}>
        <Input autoComplete="one-time-code" maxLength={40} autoFocus size="large" className="num" />
      </Form.Item>
      <Button type="primary" htmlType="submit" block size="large" loading={busy}>{t("provider.finish")}</Button>
    </Form>
  );
}

function Refused({ error }: { error: Error }) {
  const { t } = useTranslation();
  const lang = useLang();
  const textOf = useProblemText();
  const problem = isProblem(error) ? error : null;
  return (
    <div className="stack">
      <Alert type="error" showIcon role="alert" title={problem ? textOf(problem) : t("error.server")}
        description={problem && problem.problems.length > 0 && <ul>{problem.problems.map((one) => <li key={one.code}>{pick(lang, one, "detail")}</li>)}</ul>} />
      <Button type="primary" block size="large" href="/sign-in">{t("provider.again")}</Button>
    </div>
  );
}

/** The address holds what works once: it is taken out of the history before it is used. */
function useBrought() {
  const [search] = useSearchParams();
  const [brought] = useState(() => ({
    state: search.get("state") ?? "",
    code: search.get("code"),
    iss: search.get("iss"),
    error: search.get("error"),
  }));
  useEffect(() => {
    window.history.replaceState(window.history.state, "", window.location.pathname);
  }, []);
  return brought;
}

export function ReturnPage() {
  const { t } = useTranslation();
  const go = useNavigate();
  const name = useProviderName();
  const entered = useEntered();
  const brought = useBrought();
  const take = async (arrival: Arrival) => {
    if (arrival.person) await entered(arrival.person);
    if (arrival.outcome === "signed_in") void go(safePath(arrival.to), { replace: true });
    if (arrival.outcome === "linked") void go("/account?linked=1", { replace: true });
  };
  const returning = useMutation({ mutationFn: comeBack, onSuccess: take });
  const proving = useMutation({ mutationFn: giveCode, onSuccess: take });
  const { mutate } = returning;
  useEffect(() => {
    // A turn later, so that a page that is drawn twice, as in development, still sends it once.
    const timer = window.setTimeout(() => mutate(brought));
    return () => window.clearTimeout(timer);
  }, [mutate, brought]);

  const outcome = returning.data?.outcome;
  const title = t(returning.isError ? "provider.refused" : outcome === "second_factor" ? "provider.factorTitle" : outcome === "unknown" ? "provider.unknownTitle" : "provider.returning");
  useTitle(title);
  return (
    <div className="panel" style={{ maxWidth: outcome === "unknown" ? 640 : 440, margin: "28px auto" }}>
      <header><h1 style={{ fontSize: 18 }}>{title}</h1></header>
      <div className="panel-body">
        {returning.isError ? <Refused error={returning.error} />
          : outcome === "second_factor" ? <Factor busy={proving.isPending} error={proving.error} submit={(code) => proving.mutate(code)} />
          : outcome === "unknown" ? <Unknown called={returning.data?.display_name ?? ""} />
          : <><p className="soft">{t("provider.checking", { name })}</p><Loading rows={2} /></>}
      </div>
    </div>
  );
}
