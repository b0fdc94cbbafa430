/** 规则与时段: opening hours, special days, closures and the terms of use; by institution, group, instrument. */

import { Button, Segmented, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { get } from "../../../api/http";
import { addDays, dayKey, isDayKey, weekday } from "../../../lib/time";
import { type Line, toLines, toWindows } from "../../../lib/week";
import { useFilters } from "../../../parts/filters";
import { useMinute } from "../../../parts/now";
import { LAB_ZONE, PageHead, ZoneNote } from "../../../parts/page";
import { Answer, Loading } from "../../../parts/states";
import { board } from "../calendar/board";
import { ClosureForm } from "../calendar/forms";
import { Closures } from "../calendar/lists";
import { useInstrumentOptions } from "../own";
import { LabTabs } from "../tabs";
import { instrumentOf, policies, type Policies, policyOf, readScope, type SaidHours, saidHours, type Scope, widerTerms, writeScope } from "./asked";
import { HoursEditor, SpecialDays } from "./hours";
import { TermsEditor } from "./terms";
import { WeekPicture } from "./week";
import "./rules.css";

function Hours({ instrument, own, whole }: { instrument: string | null; own: SaidHours; whole: SaidHours }) {
  const { t } = useTranslation();
  const [search, put] = useFilters();
  const now = useMinute();
  const today = dayKey(now, LAB_ZONE);
  const asked = search.get("week");
  const day = isDayKey(asked) ? asked : today;
  const first = addDays(day, -weekday(day));
  const [lines, change] = useState<Line[]>(() => toLines(own.hours));
  const [isClosing, closing] = useState(false);
  const shown = useQuery(board(first, 7, LAB_ZONE));
  const rows = shown.data?.instruments ?? [];
  const closures = (shown.data?.closures ?? []).filter((one) => one.instrument_id === null || one.instrument_id === instrument);
  const windows = lines.length > 0 ? toWindows(lines) : whole.hours;
  const specials = [...own.special_days, ...whole.special_days.filter((one) => !own.special_days.some((each) => each.day === one.day))];
  return (
    <div className="stack">
      <section className="panel panel-body">
        <WeekPicture first={first} windows={windows} specials={instrument ? specials : own.special_days} closures={closures} zone={LAB_ZONE} go={(week) => put({ week })} />
      </section>
      <HoursEditor instrument={instrument} said={own.hours} windows={lines} change={change} />
      <SpecialDays instrument={instrument} found={own.special_days} />
      <div className="row spread"><p className="soft">{t("rules.closuresLead")}</p><Button onClick={() => closing(true)}>{t("labCalendar.addClosure")}</Button></div>
      <Closures found={closures} rows={rows} zone={LAB_ZONE} mayEdit />
      {isClosing && <ClosureForm rows={rows} zone={LAB_ZONE} proposed={instrument ? { instrument } : {}} done={() => closing(false)} />}
      <ZoneNote zone={LAB_ZONE} />
    </div>
  );
}

function HoursOf({ scope }: { scope: Scope }) {
  const instrument = instrumentOf(scope);
  const whole = useQuery(saidHours(null));
  const own = useQuery(saidHours(instrument));
  const loading = <div className="panel"><Loading rows={10} /></div>;
  return (
    <Answer query={whole} loading={loading}>
      {(all) => <Answer query={own} loading={loading}>{(said) => <Hours key={JSON.stringify([instrument, said.hours])} instrument={instrument} own={said} whole={all} />}</Answer>}
    </Answer>
  );
}

function TermsOf({ scope, all }: { scope: Scope; all: Policies }) {
  const card = useQuery({ queryKey: ["instrument", scope.key], queryFn: ({ signal }) => get(`/instruments/${encodeURIComponent(scope.key)}`, {}, signal), enabled: scope.kind === "instrument" });
  if (scope.kind === "instrument" && !card.data) return <Answer query={card} loading={<div className="panel"><Loading rows={10} /></div>}>{() => null}</Answer>;
  const policy = policyOf(all, scope);
  return <TermsEditor key={`${writeScope(scope)} ${policy?.version ?? 0}`} scope={scope} policy={policy} wider={widerTerms(all, scope, card.data?.group_code ?? null)} />;
}

export function RulesPage() {
  const { t } = useTranslation();
  const [search, put] = useFilters();
  const view = search.get("view") === "terms" ? "terms" : "hours";
  const asked = readScope(search.get("scope"));
  // Hours are said of the institution or of an instrument, never of a group.
  const scope: Scope = view === "hours" && asked.kind === "group" ? { kind: "institution", key: "" } : asked;
  const told = useQuery(policies);
  const instruments = useInstrumentOptions();
  const groups = [...new Set([...(told.data?.groups ?? []), ...(told.data?.items ?? []).flatMap((one) => (one.group_code ? [one.group_code] : []))])];
  const scopes = [
    { value: "", label: t("manage.forAll") },
    ...(view === "terms" ? groups.map((code) => ({ value: `group:${code}`, label: t("rules.group", { code }) })) : []),
    ...instruments.map((one) => ({ value: `instrument:${one.value}`, label: one.label })),
  ];
  return (
    <>
      <LabTabs />
      <PageHead title={t("rules.title")} lead={t("rules.lead")} tools={
        <>
          <Segmented<"hours" | "terms"> aria-label={t("rules.title")} value={view} onChange={(next) => put({ view: next === "hours" ? null : next })} options={(["hours", "terms"] as const).map((one) => ({ value: one, label: t(`rules.views.${one}`) }))} />
          <Select value={writeScope(scope)} aria-label={t("rules.scope")} showSearch={{ optionFilterProp: "label" }} style={{ width: 280, maxWidth: "100%" }} options={scopes} onChange={(value: string) => put({ scope: value })} />
        </>
      } />
      <Answer query={told} loading={<div className="panel"><Loading rows={10} /></div>}>
        {(all) => (view === "hours" ? <HoursOf scope={scope} /> : <TermsOf key={writeScope(scope)} scope={scope} all={all} />)}
      </Answer>
    </>
  );
}
