/** Alarms of all devices: what is active first, acknowledged by hand. */

import { Button, Segmented } from "antd";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";

import { get, post } from "../api/http";
import type { Alarm } from "../api/types";
import { useLang } from "../i18n";
import { formatInstant } from "../lib/time";
import { useFeed } from "../live/feed";
import { useActing } from "../parts/acting";
import { type Tone, ToneTag } from "../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../parts/page";
import { Answer, Blank, Loading } from "../parts/states";
import { Table } from "../parts/table";
import { Wide } from "../parts/wide";

const SEVERITIES = ["info", "minor", "major", "critical"] as const;
const TONES: Record<(typeof SEVERITIES)[number], Tone> = { info: "idle", minor: "attention", major: "fault", critical: "fault" };

function Severity({ severity }: { severity: string }) {
  const { t } = useTranslation();
  const known = SEVERITIES.find((one) => one === severity);
  return known ? <ToneTag tone={TONES[known]}>{t(`alarms.severity.${known}`)}</ToneTag> : <ToneTag tone="idle">{severity}</ToneTag>;
}

export function AlarmsPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const [search, setSearch] = useSearchParams();
  useFeed();
  const all = search.get("view") === "all";
  const found = useInfiniteQuery({
    queryKey: ["alarms", all],
    queryFn: ({ signal, pageParam }) => get("/alarms", { active: all ? null : true, cursor: pageParam, limit: 50 }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 10_000,
  });
  const acknowledging = useActing((id: string) => post(`/alarms/${encodeURIComponent(id)}/acknowledge`), { touches: ["alarms", "devices"] });
  const at = (text: string): string => formatInstant(Date.parse(text), LAB_ZONE, lang);
  return (
    <>
      <PageHead title={t("alarms.title")} lead={t("alarms.lead")}
        tools={<Segmented<string> value={all ? "all" : "active"} aria-label={t("alarms.title")} onChange={(next) => setSearch(next === "all" ? { view: "all" } : {})}
          options={[{ value: "active", label: t("alarms.active") }, { value: "all", label: t("alarms.all") }]} />} />
      <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
        {(list) => {
          const items = list.pages.flatMap((page) => page.items);
          if (items.length === 0) return <div className="panel"><Blank title={t("alarms.none")} lead={t("alarms.noneLead")} /></div>;
          return (
            <div className="stack">
              <div className="panel">
                <Wide label={t("alarms.title")} width={720}>
                  <Table<Alarm> size="small" rowKey="id" pagination={false} dataSource={items}
                    columns={[
                      { title: t("alarms.code"), key: "code", render: (_, one) => <span className="row tight"><Severity severity={one.severity} /><span className="mono">{one.code}</span>{one.subject && <span className="faint">{one.subject}</span>}</span> },
                      { title: t("alarms.device"), key: "device", render: (_, one) => <Link className="mono" to={`/devices/${one.device}`}>{one.device}</Link> },
                      { title: t("alarms.raised"), key: "raised", render: (_, one) => <span className="num">{at(one.raised_at)}</span> },
                      { title: t("alarms.state"), key: "state", render: (_, one) => one.withdrawn_at ? <span className="faint">{t("alarms.withdrawn")}</span> : one.cleared_at ? <span className="faint num">{t("alarms.cleared", { at: at(one.cleared_at) })}</span> : <ToneTag tone="fault">{t("alarms.isActive")}</ToneTag> },
                      { title: t("alarms.acknowledge"), key: "do", align: "right", render: (_, one) => one.acknowledged_at ? <span className="faint num">{t("alarms.acknowledged", { at: at(one.acknowledged_at) })}</span> : <Button size="small" loading={acknowledging.isPending && acknowledging.variables === one.id} onClick={() => acknowledging.mutate(one.id)}>{t("alarms.acknowledge")}</Button> },
                    ]} />
                </Wide>
              </div>
              {found.hasNextPage && <Button block loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{t("common.more")}</Button>}
              <ZoneNote zone={LAB_ZONE} />
            </div>
          );
        }}
      </Answer>
    </>
  );
}
