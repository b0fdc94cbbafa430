/** Whether the enterprise is asked before the lab: one switch, kept by its administrators. */

import { Switch } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { endorsement, setEndorsement } from "../../api/people";
import { useActing } from "../../parts/acting";

export function Endorsement() {
  const { t } = useTranslation();
  const found = useQuery(endorsement);
  const setting = useActing(setEndorsement, { touches: ["enterprise"], said: t("endorsement.changed") });
  if (!found.data) return null;
  const isNeeded = found.data.is_needed;
  return (
    <section className="panel" data-endorsement={isNeeded}>
      <header>
        <h2>{t("endorsement.title")}</h2>
        <label className="row tight">
          <span className="soft">{t(isNeeded ? "endorsement.on" : "endorsement.off")}</span>
          <Switch checked={isNeeded} loading={setting.isPending} aria-label={t("endorsement.label")} onChange={(on) => setting.mutate(on)} />
        </label>
      </header>
    </section>
  );
}
