/** The other platform knows somebody whom no account is linked to: what they can do now. */

import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";

import { useProviderName } from "../../shell/provider";

function Way({ title, lead, word, go, primary = false }: { title: string; lead: string; word: string; go: () => void; primary?: boolean }) {
  return (
    <section className="stack" style={{ border: "1px solid var(--line)", borderRadius: 8, padding: 16, gap: 8 }}>
      <h2 style={{ fontSize: 15 }}>{title}</h2>
      <p className="soft" style={{ flex: 1 }}>{lead}</p>
      <Button type={primary ? "primary" : "default"} onClick={go}>{word}</Button>
    </section>
  );
}

export function Unknown({ called }: { called: string }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const name = useProviderName();
  return (
    <div className="stack">
      <p>{t("provider.unknownLead", { name })}</p>
      {called && <p className="soft">{t("provider.unknownCalled", { name, called })}</p>}
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 240px), 1fr))", gap: 12 }}>
        <Way primary title={t("provider.haveAccount")} lead={t("provider.haveAccountLead")} word={t("provider.toLink")}
          go={() => void go(`/sign-in?to=${encodeURIComponent("/account")}`)} />
        <Way title={t("provider.noAccount")} lead={t("provider.noAccountLead")} word={t("provider.toRegister")}
          go={() => void go("/register", { state: { display_name: called } })} />
      </div>
    </div>
  );
}
