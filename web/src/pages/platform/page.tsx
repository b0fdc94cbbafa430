/** What the platform keeps of others: institutions, service stations, experts. */

import { Segmented } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useFilters } from "../../parts/filters";
import { PageHead } from "../../parts/page";
import { usePerson } from "../../shell/access";
import { Experts } from "./experts";
import { LegalHolds } from "./holds";
import { Institutions } from "./institutions";
import { Officers } from "./officers";
import { Stations } from "./stations";
import "../people/people.css";

const VIEWS = ["institutions", "stations", "experts", "officers", "holds"] as const;
const WORDS = { institutions: "platform.tabs.institutions", stations: "platform.tabs.stations", experts: "platform.tabs.experts", officers: "officers.tab", holds: "holds.tab" } as const;
/** Who reviews admits institutions, and has no say in who works here. */
const SEEN_BY: Partial<Record<(typeof VIEWS)[number], string[]>> = { officers: ["operator"], holds: ["operator", "auditor"] };

const VIEW: Record<(typeof VIEWS)[number], ReactNode> = { institutions: <Institutions />, stations: <Stations />, experts: <Experts />, officers: <Officers />, holds: <LegalHolds /> };

export function InstitutionsPage() {
  const { t } = useTranslation();
  const [filters, put] = useFilters();
  const roles: readonly string[] = usePerson().data?.roles ?? [];
  const seen = VIEWS.filter((one) => SEEN_BY[one]?.some((role) => roles.includes(role)) ?? true);
  const view = seen.find((one) => one === filters.get("view")) ?? "institutions";
  return (
    <>
      <PageHead title={t("platform.title")} lead={t("platform.lead")}
        tools={<Segmented style={{ maxWidth: "100%", overflowX: "auto" }} value={view} onChange={(value) => put({ view: value === "institutions" ? null : value, state: null, open: null, field: null, left: null })} options={seen.map((one) => ({ value: one, label: t(WORDS[one]) }))} />} />
      {VIEW[view]}
    </>
  );
}
