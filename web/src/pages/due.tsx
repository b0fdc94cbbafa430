/** The board of due dates: every clock by what is left, overdue on top. */

import { Button, Select, Switch, Tooltip } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { get } from "../api/http";
import type { DueDate } from "../api/types";
import { useLang } from "../i18n";
import { formatInstant } from "../lib/time";
import { useLeft } from "../parts/clock";
import { ExportButton } from "../parts/export-button";
import { useFilters } from "../parts/filters";
import { type Tone, ToneTag } from "../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../parts/page";
import { Answer, Blank, Loading } from "../parts/states";
import { Thing, useClockName } from "../parts/thing";
import { Table } from "../parts/table";
import { Wide } from "../parts/wide";
import { useRoleName } from "../shell/access";

const TONES: Record<DueDate["urgency"], Tone> = { calm: "idle", soon: "attention", overdue: "fault", long_overdue: "fault" };
const URGENCIES = ["long_overdue", "overdue", "soon", "calm"] as const;

function byLeft(a: DueDate, b: DueDate): number {
  return Number(!!a.done_at) - Number(!!b.done_at) || Date.parse(a.due_at) - Date.parse(b.due_at);
}

/** Those there are, so that no filter offers what would find nothing. */
const kindsOf = (items: readonly DueDate[], of: (one: DueDate) => string): string[] => [...new Set(items.map(of))].sort();

export function DuePage() {
  const { t } = useTranslation();
  const lang = useLang();
  const roleName = useRoleName();
  const clockName = useClockName();
  const leftOf = useLeft();
  const [filters, put] = useFilters();
  const done = filters.get("done") === "1";
  const [urgency, kind, role] = ["urgency", "kind", "role"].map((name) => filters.get(name) ?? "");
  const found = useQuery({
    queryKey: ["due-dates", done],
    queryFn: ({ signal }) => get("/due-dates", { include_done: done }, signal),
    refetchInterval: 60_000,
  });
  const all = found.data?.items ?? [];
  const items = all.filter((one) => (!urgency || one.urgency === urgency) && (!kind || one.kind === kind) && (!role || one.responsible_role === role)).sort(byLeft);
  const instant = (text: string): string => formatInstant(Date.parse(text), LAB_ZONE, lang);
  const rule = (one: DueDate): string => t("board.rule", { count: one.count, unit: t(`board.units.${one.unit}`) });
  const narrowed = Boolean(urgency || kind || role);
  return (
    <>
      <PageHead title={t("board.title")} lead={t("board.lead")} tools={
        <>
          <Link to="/work-calendar"><Button tabIndex={-1}>{t("workdays.nav")}</Button></Link>
          <ExportButton path="/due-dates.xlsx" name={`${t("board.title")}.xlsx`} disabled={items.length === 0}
            query={{ include_done: done, urgency, kind, responsible_role: role }} />
        </>
      } />
      <div className="stack">
        <div className="row">
          <Select value={urgency} onChange={(value) => put({ urgency: value })} style={{ width: 150 }} aria-label={t("things.urgencyAll")} options={[{ value: "", label: t("things.urgencyAll") }, ...URGENCIES.map((value) => ({ value, label: t(`board.urgency.${value}`) }))]} />
          <Select value={kind} onChange={(value) => put({ kind: value })} style={{ width: 190 }} aria-label={t("things.clockAll")} options={[{ value: "", label: t("things.clockAll") }, ...kindsOf(all, (one) => one.kind).map((value) => ({ value, label: clockName(value) }))]} />
          <Select value={role} onChange={(value) => put({ role: value })} style={{ width: 170 }} aria-label={t("things.role")} options={[{ value: "", label: t("things.roleAll") }, ...kindsOf(all, (one) => one.responsible_role).map((value) => ({ value, label: roleName(value) }))]} />
          <label className="row tight"><Switch size="small" checked={done} onChange={(on) => put({ done: on ? "1" : null })} aria-label={t("board.done")} />{t("board.done")}</label>
          {narrowed && <Button type="link" onClick={() => put({ urgency: null, kind: null, role: null })}>{t("things.clear")}</Button>}
        </div>
        <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
          {() => items.length === 0 ? <div className="panel"><Blank title={t("board.empty")} /></div> : (
            <div className="panel">
              <Wide label={t("board.title")} width={860}><Table<DueDate> size="small" rowKey="id" pagination={items.length > 50 ? { pageSize: 50 } : false} dataSource={items}
                columns={[
                  { title: t("board.left"), key: "left", render: (_, one) => <span className="row tight"><ToneTag tone={one.done_at ? "running" : TONES[one.urgency]}>{one.done_at ? t("board.finished") : t(`board.urgency.${one.urgency}`)}</ToneTag>{!one.done_at && <span className="num">{leftOf(one.due_at).text}</span>}</span> },
                  { title: t("board.due"), key: "due", render: (_, one) => <span className="num row tight">{instant(one.due_at)}{one.provisional && <Tooltip title={t("board.provisionalWhy")}><span tabIndex={0}><ToneTag tone="attention">{t("board.provisional")}</ToneTag></span></Tooltip>}</span> },
                  { title: t("board.subject"), key: "subject", render: (_, one) => <Thing kind={one.subject_kind} id={one.subject_id} /> },
                  { title: t("board.kind"), key: "kind", render: (_, one) => <>{clockName(one.kind)} <span className="faint">{rule(one)}</span></> },
                  { title: t("board.responsible"), key: "role", render: (_, one) => roleName(one.responsible_role) },
                  { title: t("board.started"), key: "started", render: (_, one) => <span className="num faint">{instant(one.started_at)}</span> },
                ]} /></Wide>
            </div>
          )}
        </Answer>
        <ZoneNote zone={LAB_ZONE} />
      </div>
    </>
  );
}
