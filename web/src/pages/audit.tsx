/** The audit trail: searched by what, on what and by whom; the search stays in the address. */

import { Alert, Button, DatePicker, Input } from "antd";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import dayjs from "dayjs";
import { useTranslation } from "react-i18next";

import { get, type Query } from "../api/http";
import type { AuditEntry } from "../api/types";
import { useLang } from "../i18n";
import { formatClockSeconds, formatDay, fromWallIso } from "../lib/time";
import { ExportButton } from "../parts/export-button";
import { useFilters } from "../parts/filters";
import { LAB_ZONE, PageHead, ZoneNote } from "../parts/page";
import { Answer, Blank, Loading } from "../parts/states";
import { Thing, useActionName } from "../parts/thing";
import { Table } from "../parts/table";
import { Wide } from "../parts/wide";

const FIELDS = ["action", "subject_kind", "subject_id", "actor_id"] as const;

function Soundness() {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ["audit", "verification"],
    queryFn: ({ signal }) => get("/audit/verification", {}, signal),
    staleTime: 60_000,
  });
  if (!found.data) return null;
  const { is_sound, sealed, anchors, fault, fault_position } = found.data;
  return is_sound ? <Alert type="success" showIcon title={t("audit.sound", { sealed, anchors })} />
    : <Alert type="error" showIcon title={t("audit.broken", { fault: fault ?? "", position: fault_position ?? "" })} />;
}

const DAY_FORMAT = "YYYY-MM-DD";

/** The beginning of a day of the platform's, as an instant. */
const startOf = (day: string | undefined): string | undefined => (day ? new Date(fromWallIso(`${day}T00:00:00`, LAB_ZONE)).toISOString() : undefined);

function useAsked(): { asked: Record<string, string>; query: Query; span: [string, string] | null } {
  const [filters] = useFilters();
  const asked = Object.fromEntries(FIELDS.map((field) => [field, filters.get(field) ?? ""]));
  const [from, to] = [filters.get("from"), filters.get("to")];
  const span: [string, string] | null = from && to ? [from, to] : null;
  const after = span ? dayjs(span[1]).add(1, "day").format(DAY_FORMAT) : undefined;
  return { asked, span, query: { ...asked, after: startOf(span?.[0]), before: startOf(after) } };
}

export function AuditPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const [, put] = useFilters();
  const actionName = useActionName();
  const { asked, query, span } = useAsked();
  const names = { action: t("audit.action"), subject_kind: t("audit.subject"), subject_id: t("audit.subjectId"), actor_id: t("audit.actor") };
  const found = useInfiniteQuery({
    queryKey: ["audit", query],
    queryFn: ({ signal, pageParam }) => get("/audit", { ...query, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const clear = (): void => put({ ...Object.fromEntries(FIELDS.map((field) => [field, null])), from: null, to: null });
  return (
    <>
      <PageHead title={t("audit.title")} lead={t("audit.lead")} tools={<ExportButton path="/audit.xlsx" query={query} name={`${t("audit.title")}.xlsx`} />} />
      <div className="stack">
        <Soundness />
        <div className="row" role="search">
          {FIELDS.map((field) => (
            <Input key={`${field} ${asked[field] ?? ""}`} allowClear defaultValue={asked[field]} aria-label={names[field]} placeholder={names[field]} style={{ flex: "1 1 150px", maxWidth: 220 }}
              onPressEnter={(event) => put({ [field]: event.currentTarget.value.trim() })} onBlur={(event) => event.target.value !== asked[field] && put({ [field]: event.target.value.trim() })} />
          ))}
          <DatePicker.RangePicker value={span ? [dayjs(span[0]), dayjs(span[1])] : null} aria-label={t("audit.at")}
            onChange={(days) => put({ from: days?.[0]?.format(DAY_FORMAT), to: days?.[1]?.format(DAY_FORMAT) })} />
        </div>
        <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
          {(list) => {
            const items = list.pages.flatMap((page) => page.items);
            if (items.length === 0) return <div className="panel"><Blank title={t("audit.none")} action={<Button onClick={clear}>{t("catalogue.clear")}</Button>} /></div>;
            return (
              <>
                <div className="panel">
                  <Wide label={t("audit.title")} width={920}>
                    <Table<AuditEntry> size="small" rowKey="id" pagination={false} dataSource={items}
                      columns={[
                        { title: t("audit.at"), key: "at", render: (_, one) => <span className="num nowrap">{formatDay(Date.parse(one.at), LAB_ZONE, lang)} {formatClockSeconds(Date.parse(one.at), LAB_ZONE)}</span> },
                        { title: t("audit.what"), key: "what", render: (_, one) => <Button type="link" size="small" style={{ paddingInline: 0 }} title={one.action} onClick={() => put({ action: one.action })}>{actionName(one.action)}</Button> },
                        { title: t("audit.on"), key: "on", render: (_, one) => <Thing kind={one.subject_kind} id={one.subject_id} /> },
                        { title: t("audit.who"), key: "who", render: (_, one) => one.actor_id ? <Button type="link" size="small" title={`${t("things.only")} ${one.actor_id}`} onClick={() => put({ actor_id: one.actor_id })}>{one.actor ?? one.actor_id}</Button> : t("audit.platform") },
                        { title: t("audit.detail"), key: "detail", render: (_, one) => Object.keys(one.detail).length > 0 && <code className="mono">{JSON.stringify(one.detail)}</code> },
                      ]} />
                  </Wide>
                </div>
                {found.hasNextPage && <Button block loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{t("common.more")}</Button>}
              </>
            );
          }}
        </Answer>
        <ZoneNote zone={LAB_ZONE} />
      </div>
    </>
  );
}
