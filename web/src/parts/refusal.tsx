/** A refusal with everything that speaks against what was asked, as it was named by the server. */

import { App } from "antd";
import { useTranslation } from "react-i18next";

import { isProblem } from "../api/http";
import { pick, useLang } from "../i18n";
import { useProblemText } from "./states";

export function Problems({ error }: { error: unknown }) {
  const lang = useLang();
  const textOf = useProblemText();
  const { t } = useTranslation();
  if (!isProblem(error)) return <>{t("error.server")}</>;
  if (error.problems.length === 0) return <>{textOf(error)}</>;
  return (
    <ul className="stack" style={{ gap: 4 }} data-refusal>
      {error.problems.map((one, index) => <li key={index}>{one.field ? <span className="mono faint">{one.field} </span> : null}{pick(lang, one, "detail")}</li>)}
    </ul>
  );
}

/** Says above the page that something was refused, and everything that speaks against it. */
export function useRefusal(): (title: string, error: unknown) => void {
  const { notification } = App.useApp();
  return (title, error) => notification.error({ title, description: <Problems error={error} />, duration: 8 });
}
