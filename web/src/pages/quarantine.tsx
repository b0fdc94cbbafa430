/** What came over the wire and could not be stored, with its reason. */

import { Button } from "antd";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { get } from "../api/http";
import type { Quarantined } from "../api/types";
import { useLang } from "../i18n";
import { zh } from "../i18n/zh";
import { formatInstant } from "../lib/time";
import { ToneTag } from "../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../parts/page";
import { Answer, Blank, Loading } from "../parts/states";
import { Table } from "../parts/table";
import { Wide } from "../parts/wide";

type Reason = keyof typeof zh.quarantine.reasons;

function isReason(text: string): text is Reason {
  return text in zh.quarantine.reasons;
}

export function QuarantinePage() {
  const { t } = useTranslation();
  const lang = useLang();
  const found = useInfiniteQuery({
    queryKey: ["quarantine"],
    queryFn: ({ signal, pageParam }) => get("/quarantine", { cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 15_000,
  });
  return (
    <>
      <PageHead title={t("quarantine.title")} lead={t("quarantine.lead")} />
      <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
        {(list) => {
          const items = list.pages.flatMap((page) => page.items);
          if (items.length === 0) return <div className="panel"><Blank title={t("quarantine.none")} lead={t("quarantine.noneLead")} /></div>;
          return (
            <div className="stack">
              <div className="panel">
                <Wide label={t("quarantine.title")} width={860}>
                  <Table<Quarantined> size="small" rowKey="id" pagination={false} dataSource={items}
                    columns={[
                      { title: t("quarantine.received"), key: "at", render: (_, one) => <span className="num nowrap">{formatInstant(Date.parse(one.received_at), LAB_ZONE, lang)}</span> },
                      { title: t("quarantine.reason"), key: "reason", render: (_, one) => <><ToneTag tone="attention">{isReason(one.reason) ? t(`quarantine.reasons.${one.reason}`) : one.reason}</ToneTag> <span className="faint">{one.detail}</span></> },
                      { title: t("quarantine.topic"), key: "topic", render: (_, one) => <span className="mono">{one.topic}</span> },
                      { title: t("quarantine.times"), dataIndex: "times", align: "right", className: "num" },
                      { title: t("quarantine.size"), key: "size", align: "right", render: (_, one) => <span className="num nowrap">{t("quarantine.bytes", { count: one.size })}</span> },
                      { title: t("quarantine.preview"), key: "preview", render: (_, one) => <code className="mono">{one.preview.slice(0, 120)}</code> },
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
