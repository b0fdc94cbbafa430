/** What the platform keeps of others: institutions, service stations, experts. */

import { Segmented } from "antd";
import { useTranslation } from "react-i18next";

import { useFilters } from "../../parts/filters";
import { PageHead } from "../../parts/page";
import { Experts } from "./experts";
import { Institutions } from "./institutions";
import { Stations } from "./stations";
import "../people/people.css";

const VIEWS = ["institutions", "stations", "experts"] as const;

export function InstitutionsPage() {
  const { t } = useTranslation();
  const [filters, put] = useFilters();
  const view = VIEWS.find((one) => one === filters.get("view")) ?? "institutions";
  return (
    <>
      <PageHead title={t("platform.title")} lead={t("platform.lead")}
        tools={<Segmented value={view} onChange={(value) => put({ view: value === "institutions" ? null : value, state: null, open: null, field: null })} options={VIEWS.map((one) => ({ value: one, label: t(`platform.tabs.${one}`) }))} />} />
      {view === "institutions" ? <Institutions /> : view === "stations" ? <Stations /> : <Experts />}
    </>
  );
}
