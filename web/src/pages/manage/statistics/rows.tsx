/** The rows a figure was counted from, in a drawer that has an address of its own. */

import { Button, Drawer } from "antd";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { pick, useLang } from "../../../i18n";
import { formatFen } from "../../../lib/money";
import { formatLength, formatSpan } from "../../../lib/time";
import { ToneTag } from "../../../parts/marks";
import { LAB_ZONE } from "../../../parts/page";
import { Answer, Blank } from "../../../parts/states";
import { Table } from "../../../parts/table";
import { Wide } from "../../../parts/wide";
import { hoursText, type InstrumentRow, type Narrowed, ROW_KINDS, type RowKind, rowsOf, type RowTypes } from "./asked";

interface Column<R> {
  title: string;
  key: string;
  align?: "right";
  render: (_: unknown, one: R) => ReactNode;
}

function List<K extends RowKind>({ kind, asked, columns }: { kind: K; asked: Narrowed[K]; columns: Column<RowTypes[K]>[] }) {
  const { t } = useTranslation();
  const found = useInfiniteQuery(rowsOf(kind, asked));
  return (
    <Answer query={found}>
      {(list) => {
        const items = list.pages.flatMap((page) => page.items);
        if (items.length === 0) return <Blank title={t("statistics.emptyRows")} />;
        return (
          <div className="stack" data-rows={items.length}>
            <Wide label={t(`statistics.rows.${kind}`)} width={680}>
              <Table<RowTypes[K]> size="small" rowKey="id" pagination={false} dataSource={items} columns={columns} />
            </Wide>
            {found.hasNextPage && <Button block loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{t("common.more")}</Button>}
          </div>
        );
      }}
    </Answer>
  );
}

function useColumns() {
  const { t } = useTranslation();
  const lang = useLang();
  const span = (one: { starts_at: string; ends_at: string }): string => formatSpan(Date.parse(one.starts_at), Date.parse(one.ends_at), LAB_ZONE, lang);
  const when = <R extends { starts_at: string; ends_at: string }>(): Column<R> => ({ title: t("statistics.when"), key: "when", render: (_, one) => <span className="num">{span(one)}</span> });
  const instrument = <R extends { instrument: { name_zh: string; name_en: string } }>(): Column<R> => ({ title: t("statistics.instrument"), key: "instrument", render: (_, one) => pick(lang, one.instrument, "name") });
  const who = <R extends { enterprise: string | null }>(): Column<R> => ({ title: t("statistics.who"), key: "who", render: (_, one) => one.enterprise ?? t("statistics.ownUse") });
  const uses: Column<RowTypes["uses"]>[] = [
    when(), instrument(), who(),
    { title: t("statistics.metered"), key: "metered", align: "right", render: (_, one) => <span className="num nowrap">{formatLength(one.metered_ms, lang)}</span> },
    { title: t("statistics.counted"), key: "counted", align: "right", render: (_, one) => <span className="num nowrap">{t("statistics.hours", { hours: hoursText(one.counted_h) })}</span> },
    { title: t("statistics.content"), key: "content", render: (_, one) => one.content || t("statistics.none") },
    { title: t("statistics.fee"), key: "fee", align: "right", render: (_, one) => <span className="num nowrap">{one.fee_fen === null ? t("statistics.notCharged") : formatFen(one.fee_fen)}</span> },
  ];
  const reservations: Column<RowTypes["reservations"]>[] = [
    when(), instrument(), who(),
    { title: t("statistics.outcome"), key: "outcome", render: (_, one) => <ToneTag tone={one.is_missed ? "fault" : "running"}>{one.is_missed ? t("statistics.wasMissed") : t("statistics.kept")}</ToneTag> },
  ];
  const kinds = { usage: t("statistics.kinds.usage"), labour: t("statistics.kinds.labour"), late_cancel: t("statistics.kinds.late_cancel"), no_show: t("statistics.kinds.no_show") };
  const charges: Column<RowTypes["charges"]>[] = [
    { title: t("statistics.when"), key: "when", render: (_, one) => <span className="num">{formatSpan(Date.parse(one.created_at), Date.parse(one.created_at), LAB_ZONE, lang).replace(/–[^–]*$/, "")}</span> },
    { title: t("statistics.kind"), key: "kind", render: (_, one) => (one.kind in kinds ? kinds[one.kind as keyof typeof kinds] : one.kind) },
    instrument(), who(),
    { title: t("statistics.fee"), key: "fee", align: "right", render: (_, one) => <Link className="num nowrap" to={`/charges/${one.id}`} aria-label={`${t("statistics.openCharge")} ${formatFen(one.amount_fen)}`}>{formatFen(one.amount_fen)}</Link> },
  ];
  return { uses, reservations, charges };
}

function Instruments({ rows }: { rows: InstrumentRow[] }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <Table<InstrumentRow> size="small" rowKey="instrument_id" pagination={false} dataSource={rows}
      columns={[
        { title: t("statistics.instrument"), key: "name", render: (_, one) => <Link to={`/instruments/${one.instrument_id}`}>{pick(lang, one, "name")}</Link> },
        { title: t("statistics.opened"), key: "open", render: (_, one) => <ToneTag tone={one.is_shared ? "running" : "idle"}>{one.is_shared ? t("statistics.shared") : t("statistics.notShared")}</ToneTag> },
      ]} />
  );
}

export function isRowKind(text: string | null): text is RowKind | "instruments" {
  return text === "instruments" || (ROW_KINDS as readonly (string | null)[]).includes(text);
}

export function RowsDrawer({ kind, asked, about, instruments, close }: {
  kind: RowKind | "instruments";
  asked: Narrowed;
  /** What the rows are narrowed to, in words. */
  about: string;
  instruments: InstrumentRow[];
  close: () => void;
}) {
  const { t } = useTranslation();
  const columns = useColumns();
  return (
    <Drawer open size={Math.min(960, window.innerWidth)} onClose={close} closable={{ "aria-label": t("manage.close") }}
      title={<>{t(`statistics.rows.${kind}`)}{about && <span className="soft"> · {about}</span>}</>}>
      {kind === "instruments" && <Instruments rows={instruments} />}
      {kind === "uses" && <List kind="uses" asked={asked.uses} columns={columns.uses} />}
      {kind === "reservations" && <List kind="reservations" asked={asked.reservations} columns={columns.reservations} />}
      {kind === "charges" && <List kind="charges" asked={asked.charges} columns={columns.charges} />}
    </Drawer>
  );
}
