/** The board of due dates: every clock by what is left. */

import { Switch, Table, Tooltip } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";

import { get } from "../api/http";
import type { components } from "../api/schema";
import type { DueDate } from "../api/types";
import { useLang } from "../i18n";
import { formatInstant, formatLength, HOUR } from "../lib/time";
import { type Tone, ToneTag } from "../parts/marks";
import { useMinute } from "../parts/now";
import { LAB_ZONE, PageHead, ZoneNote } from "../parts/page";
import { Answer, Blank, Loading } from "../parts/states";
import { Wide } from "../parts/wide";
import { useRoleName } from "../shell/access";

const TONES: Record<DueDate["urgency"], Tone> = { calm: "idle", soon: "attention", overdue: "fault", long_overdue: "fault" };

function Left({ one }: { one: DueDate }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  if (one.done_at) return <span className="faint">{t("board.finished")}</span>;
  const left = Date.parse(one.due_at) - now;
  const days = Math.floor(Math.abs(left) / (24 * HOUR));
  const length = days >= 2 ? t("common.days", { count: days }) : formatLength(Math.abs(left), lang);
  return <span className="num">{left < 0 ? t("board.over", { length }) : length}</span>;
}

export function DuePage() {
  const { t } = useTranslation();
  const lang = useLang();
  const roleName = useRoleName();
  const [search, setSearch] = useSearchParams();
  const done = search.get("done") === "1";
  const found = useQuery({
    queryKey: ["due-dates", done],
    queryFn: ({ signal }) => get<components["schemas"]["DueDateList"]>("/due-dates", { include_done: done }, signal),
    refetchInterval: 60_000,
  });
  return (
    <>
      <PageHead title={t("board.title")} lead={t("board.lead")}
        tools={<label className="row tight"><Switch size="small" checked={done} onChange={(on) => setSearch(on ? { done: "1" } : {})} aria-label={t("board.done")} />{t("board.done")}</label>} />
      <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
        {(list) => list.items.length === 0 ? <div className="panel"><Blank title={t("board.empty")} /></div> : (
          <div className="stack">
            <div className="panel">
              <Wide label={t("board.title")} width={760}><Table<DueDate> size="small" rowKey="id" pagination={list.items.length > 50 ? { pageSize: 50 } : false}
                dataSource={[...list.items].sort((a, b) => Number(!!a.done_at) - Number(!!b.done_at) || Date.parse(a.due_at) - Date.parse(b.due_at))}
                columns={[
                  { title: t("board.left"), key: "left", render: (_, one) => <span className="row tight"><ToneTag tone={one.done_at ? "running" : TONES[one.urgency]}>{one.done_at ? t("board.finished") : t(`board.urgency.${one.urgency}`)}</ToneTag><Left one={one} /></span> },
                  { title: t("board.due"), key: "due", render: (_, one) => <span className="num row tight">{formatInstant(Date.parse(one.due_at), LAB_ZONE, lang)}{one.provisional && <Tooltip title={t("board.provisionalWhy")}><span tabIndex={0}><ToneTag tone="attention">{t("board.provisional")}</ToneTag></span></Tooltip>}</span> },
                  { title: t("board.subject"), key: "subject", render: (_, one) => <>{one.subject_kind.replaceAll("_", " ")} <span className="mono faint">{one.subject_id.slice(0, 13)}</span></> },
                  { title: t("board.kind"), key: "kind", render: (_, one) => <>{one.kind.replaceAll("_", " ")} <span className="faint">{t("board.rule", { count: one.count, unit: t(`board.units.${one.unit}`) })}</span></> },
                  { title: t("board.responsible"), key: "role", render: (_, one) => roleName(one.responsible_role) },
                  { title: t("board.started"), key: "started", render: (_, one) => <span className="num faint">{formatInstant(Date.parse(one.started_at), LAB_ZONE, lang)}</span> },
                ]} /></Wide>
            </div>
            <ZoneNote zone={LAB_ZONE} />
          </div>
        )}
      </Answer>
    </>
  );
}
