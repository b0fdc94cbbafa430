/** Signed out here; the other platform keeps its own sign-in, which one may want to end too. */

import { Button } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { providerSignOut } from "../../api/provider";
import { useTitle } from "../../parts/page";
import { useProviderName } from "../../shell/provider";

export function SignedOutPage() {
  const { t } = useTranslation();
  const name = useProviderName();
  const found = useQuery(providerSignOut);
  useTitle(t("provider.outTitle"));
  return (
    <div className="panel" style={{ maxWidth: 440, margin: "28px auto" }}>
      <header><h1 style={{ fontSize: 18 }}>{t("provider.outTitle")}</h1></header>
      <div className="panel-body stack">
        <p>{t("provider.outLead", { name })}</p>
        {found.data?.address && <Button type="primary" block size="large" href={found.data.address}>{t("provider.outThere", { name })}</Button>}
        <Link to="/" style={{ textAlign: "center" }}>{t("provider.home")}</Link>
      </div>
    </div>
  );
}
