/** Loading, empty, error and forbidden: the states every page has. */

import { Button, Skeleton } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { type ApiProblem, isProblem, NO_ANSWER } from "../api/http";
import { useLang } from "../i18n";
import { useSignIn } from "../shell/sign-in";

function Picture({ kind }: { kind: "empty" | "lock" | "error" }) {
  const paths = {
    empty: "M14 40h44M20 40V20h32v20M28 28h16M32 50h8",
    lock: "M22 32h28v20H22zM28 32v-7a8 8 0 0 1 16 0v7M36 40v5",
    error: "M36 16 60 54H12zM36 30v11M36 46v3",
  };
  return (
    <svg width="72" height="64" viewBox="0 0 72 64" aria-hidden="true">
      <path d={paths[kind]} fill="none" stroke="#8796a1" strokeWidth="2.5" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

export function Blank({ title, lead, action, kind = "empty" }: {
  title: string;
  lead?: string | undefined;
  action?: ReactNode;
  kind?: "empty" | "lock" | "error";
}) {
  return (
    <div className="blank" role={kind === "error" ? "alert" : "status"}>
      <Picture kind={kind} />
      <h2>{title}</h2>
      {lead && <p>{lead}</p>}
      {action}
    </div>
  );
}

/** The words of a refusal: the server's own where it gave some. */
export function useProblemText(): (problem: ApiProblem) => string {
  const { t } = useTranslation();
  const lang = useLang();
  return (problem) => {
    if (problem.status === NO_ANSWER) return t("error.noAnswer");
    const { detail_zh, detail_en, detail } = problem.document;
    const own = lang === "zh" ? detail_zh : detail_en;
    return own ?? detail ?? t("error.server");
  };
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const textOf = useProblemText();
  const { ask } = useSignIn();
  if (isProblem(error, 401)) {
    return (
      <Blank kind="lock" title={t("auth.needed")} lead={error.code === "sign_in_idle" ? textOf(error) : t("auth.neededLead")}
        action={<Button type="primary" onClick={() => ask()}>{t("auth.signIn")}</Button>} />
    );
  }
  if (isProblem(error, 403) && ["second_factor_missing", "password_expired"].includes(error.code)) {
    return <Blank kind="lock" title={t("error.forbidden")} lead={textOf(error)} action={<Link to="/account">{t("account.goSet")}</Link>} />;
  }
  if (isProblem(error, 403)) return <Blank kind="lock" title={t("error.forbidden")} lead={t("error.forbiddenLead")} />;
  if (isProblem(error, 404)) return <Blank title={t("error.notFound")} lead={t("error.notFoundLead")} />;
  const lead = isProblem(error) ? textOf(error) : t("error.server");
  const id = isProblem(error) ? error.document.request_id : undefined;
  return (
    <Blank kind="error" title={t("error.title")} lead={lead}
      action={
        <div className="stack" style={{ alignItems: "center" }}>
          {retry && <Button onClick={retry}>{t("common.retry")}</Button>}
          {id && <span className="faint mono">{t("error.request", { id })}</span>}
        </div>
      } />
  );
}

export function Loading({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("common.loading")} className="panel-body">
      <Skeleton active paragraph={{ rows }} title={false} />
    </div>
  );
}

/** Shows a question's answer, or why there is none yet. Old answers stay while new ones are fetched. */
export function Answer<T>({ query, children, loading }: {
  query: { data: T | undefined; isError: boolean; error: Error | null; refetch: () => unknown };
  children: (data: T) => ReactNode;
  loading?: ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <>{loading ?? <Loading />}</>;
}
