/** The enterprise's own page: who acts for it, what it is called, whom it entrusted. */

import { Segmented } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { ownEnterprise } from "../../api/people";
import { useFilters } from "../../parts/filters";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Loading } from "../../parts/states";
import { usePerson } from "../../shell/access";
import { Entrustments } from "./entrustments";
import { Members } from "./members";
import { Names } from "./names";
import "../people/people.css";

const VIEWS = ["members", "names", "entrustments"] as const;

export function EnterprisePage() {
  const { t } = useTranslation();
  const person = usePerson();
  const [filters, put] = useFilters();
  const found = useQuery(ownEnterprise);
  const administers = person.data?.roles.includes("enterprise_admin") ?? false;
  const view = administers ? (VIEWS.find((one) => one === filters.get("view")) ?? "members") : "names";
  return (
    <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
      {(one) => (
        <>
          <PageHead title={one.name} lead={one.credit_code ? <>{t("enterprise.code")} <span className="mono">{one.credit_code}</span></> : t("enterprise.lead")}
            tools={administers && <Segmented value={view} onChange={(value) => put({ view: value === "members" ? null : value })} options={VIEWS.map((tab) => ({ value: tab, label: t(`enterprise.tabs.${tab}`) }))} />} />
          <div className="stack">
            {view === "members" ? <Members /> : view === "names" ? <Names one={one} administers={administers} /> : <Entrustments />}
            <ZoneNote zone={LAB_ZONE} />
          </div>
        </>
      )}
    </Answer>
  );
}
