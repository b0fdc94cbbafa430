/** The audit trail: searched by what, on what and by whom; the search stays in the address. */

import { Alert, Button, Input, Table } from "antd";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";

import { get } from "../api/http";
import type { components } from "../api/schema";
import type { AuditEntry, Page } from "../api/types";
import { useLang } from "../i18n";
import { formatClockSeconds, formatDay } from "../lib/time";
import { LAB_ZONE, PageHead, ZoneNote } from "../parts/page";
import { Answer, Blank, Loading } from "../parts/states";
import { Wide } from "../parts/wide";

const FIELDS = ["action", "subject_kind", "subject_id", "actor_id"] as const;

function Soundness() {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ["audit", "verification"],
    queryFn: ({ signal }) => get<components["schemas"]["VerificationView"]>("/audit/verification", {}, signal),
    staleTime: 60_000,
  });
  if (!found.data) return null;
  const { is_sound, sealed, anchors, fault, fault_position } = found.data;
  return is_sound ? <Alert type="success" showIcon title={t("audit.sound", { sealed, anchors })} />
    : <Alert type="error" showIcon title={t("audit.broken", { fault: fault ?? "", position: fault_position ?? "" })} />;
}

const ID_SHOWN = 13;

function Short({ id }: { id: string }) {
  return <span className="mono faint" title={id}>{id.length > ID_SHOWN ? `${id.slice(0, ID_SHOWN)}…` : id}</span>;
}

export function AuditPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const [search, setSearch] = useSearchParams();
  const asked = Object.fromEntries(FIELDS.map((field) => [field, search.get(field) ?? ""]));
  const names = { action: t("audit.action"), subject_kind: t("audit.subject"), subject_id: t("audit.subjectId"), actor_id: t("audit.actor") };
  const found = useInfiniteQuery({
    queryKey: ["audit", asked],
    queryFn: ({ signal, pageParam }) => get<Page<AuditEntry>>("/audit", { ...asked, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const put = (field: string, value: string): void =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (value.trim()) next.set(field, value.trim());
      else next.delete(field);
      return next;
    });
  return (
    <>
      <PageHead title={t("audit.title")} lead={t("audit.lead")} />
      <div className="stack">
        <Soundness />
        <div className="row" role="search">
          {FIELDS.map((field) => (
            <Input key={`${field} ${asked[field] ?? ""}`} allowClear defaultValue={asked[field]} aria-label={names[field]} placeholder={names[field]} style={{ width: 220 }}
              onPressEnter={(event) => put(field, event.currentTarget.value)} onBlur={(event) => event.target.value !== asked[field] && put(field, event.target.value)} />
          ))}
        </div>
        <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
          {(list) => {
            const items = list.pages.flatMap((page) => page.items);
            if (items.length === 0) return <div className="panel"><Blank title={t("audit.none")} action={<Button onClick={() => setSearch({})}>{t("catalogue.clear")}</Button>} /></div>;
            return (
              <>
                <div className="panel">
                  <Wide label={t("audit.title")} width={860}>
                    <Table<AuditEntry> size="small" rowKey="id" pagination={false} dataSource={items}
                      columns={[
                        { title: t("audit.at"), key: "at", render: (_, one) => <span className="num nowrap">{formatDay(Date.parse(one.at), LAB_ZONE, lang)} {formatClockSeconds(Date.parse(one.at), LAB_ZONE)}</span> },
                        { title: t("audit.what"), key: "what", render: (_, one) => <Button type="link" size="small" className="mono" onClick={() => put("action", one.action)}>{one.action}</Button> },
                        { title: t("audit.on"), key: "on", render: (_, one) => <span className="nowrap">{one.subject_kind} <Short id={one.subject_id} /></span> },
                        { title: t("audit.who"), key: "who", render: (_, one) => one.actor_id ? <Short id={one.actor_id} /> : t("audit.platform") },
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
