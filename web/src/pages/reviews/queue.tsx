/** The reviewer's queue: who asks to be admitted, by what is due first. */

import { Button, Input, Segmented, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { queue, type Queued } from "../../api/people";
import { useLang } from "../../i18n";
import { formatInstant } from "../../lib/time";
import { Clock } from "../../parts/clock";
import { useFilters } from "../../parts/filters";
import { ToneTag } from "../../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Blank, Loading } from "../../parts/states";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";
import { NameChanges } from "./names";

const STATES = ["submitted", "returned", "approved", "rejected", "withdrawn"] as const;

function matches(one: Queued, q: string): boolean {
  return [one.organisation, one.credit_code, one.applicant].some((text) => text.toLowerCase().includes(q.toLowerCase()));
}

function Registrations() {
  const { t } = useTranslation();
  const lang = useLang();
  const [filters, put] = useFilters();
  const state = [...STATES, "all" as const].find((one) => one === filters.get("state")) ?? "submitted";
  const q = filters.get("q") ?? "";
  const found = useQuery({ ...queue(state === "all" ? null : state), refetchInterval: 60_000 });
  return (
    <div className="stack">
      <div className="row">
        <Select value={state} onChange={(value) => put({ state: value === "submitted" ? "" : value })} aria-label={t("desk.stateLabel")} style={{ width: 140 }}
          options={[...STATES.map((one) => ({ value: one, label: t(`registrations.state.${one}`) })), { value: "all", label: t("desk.stateAll") }]} />
        <Input.Search allowClear defaultValue={q} placeholder={t("desk.search")} aria-label={t("desk.search")} onSearch={(text) => put({ q: text.trim() })} style={{ maxWidth: 320 }} />
      </div>
      <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>
        {(list) => {
          const items = list.items.filter((one) => matches(one, q)).sort((a, b) => (a.due_at ?? "").localeCompare(b.due_at ?? ""));
          if (items.length === 0) return <div className="panel"><Blank title={t("reviews.none")} lead={t("desk.noneLead")} /></div>;
          return (
            <div className="panel">
              <Wide label={t("reviews.title")} width={860}>
                <Table<Queued> size="small" rowKey="id" pagination={items.length > 50 ? { pageSize: 50 } : false} dataSource={items}
                  columns={[
                    { title: t("reviews.organisation"), key: "organisation", render: (_, one) => <span className="row tight">{one.organisation || one.applicant} <ToneTag tone="idle">{t(`register.kind.${one.kind}`)}</ToneTag></span> },
                    { title: t("reviews.applicant"), dataIndex: "applicant" },
                    { title: t("desk.stateLabel"), key: "state", render: (_, one) => <ToneTag tone={one.state === "submitted" ? "accent" : "idle"}>{t(`registrations.state.${one.state}`)}</ToneTag> },
                    { title: t("reviews.submitted"), key: "submitted", render: (_, one) => <span className="num">{one.submitted_at ? formatInstant(Date.parse(one.submitted_at), LAB_ZONE, lang) : "—"}</span> },
                    { title: t("reviews.due"), key: "due", render: (_, one) => (one.state === "submitted" && one.due_at ? <Clock dueAt={one.due_at} provisional={one.due_provisional} why={t("registrations.dueWhy")} /> : "—") },
                    { title: <span className="seen-by-readers">{t("desk.open")}</span>, key: "open", align: "right", render: (_, one) => <Link to={`/reviews/${one.id}`} data-open={one.id}><Button size="small" type={one.state === "submitted" ? "primary" : "default"} tabIndex={-1}>{t("desk.open")}</Button></Link> },
                  ]} />
              </Wide>
            </div>
          );
        }}
      </Answer>
    </div>
  );
}

export function ReviewsPage() {
  const { t } = useTranslation();
  const [filters, put] = useFilters();
  const view = filters.get("view") === "names" ? "names" : "registrations";
  return (
    <>
      <PageHead title={t("reviews.title")} lead={t("reviews.lead")}
        tools={<Segmented value={view} onChange={(value) => put({ view: value === "names" ? "names" : null, state: null, q: null, open: null })} options={(["registrations", "names"] as const).map((one) => ({ value: one, label: t(`desk.tabs.${one}`) }))} />} />
      <div className="stack">
        {view === "names" ? <NameChanges /> : <Registrations />}
        <ZoneNote zone={LAB_ZONE} />
      </div>
    </>
  );
}
