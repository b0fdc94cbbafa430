/** The same as the picture, in words: each reservation and each closure with what may be done. */

import { Button, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { pick, useLang } from "../../../i18n";
import { formatSpan } from "../../../lib/time";
import { useActing } from "../../../parts/acting";
import { ReservationTag } from "../../../parts/marks";
import { Table } from "../../../parts/table";
import { Wide } from "../../../parts/wide";
import { type BoardClosure, type BoardInstrument, type BoardReservation, reopen } from "./board";
import { KINDS } from "./forms";

export function Reservations({ found, rows, zone, open }: { found: BoardReservation[]; rows: BoardInstrument[]; zone: string; open: (id: string) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const named = new Map(rows.map((one) => [one.id, one]));
  const shown = found.filter((one) => named.has(one.instrument_id));
  return (
    <section className="panel" aria-label={t("labCalendar.list")}>
      <header><h2>{t("labCalendar.list")}</h2><span className="count num">{shown.length}</span></header>
      {shown.length === 0 ? <p className="faint panel-body">{t("labCalendar.listNone")}</p> : (
        <Wide label={t("labCalendar.list")} width={760}>
          <Table<BoardReservation> size="small" rowKey="id" pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} dataSource={shown}
            columns={[
              { title: t("labCalendar.when"), key: "when", render: (_, one) => <span className="num">{formatSpan(Date.parse(one.starts_at), Date.parse(one.ends_at), zone, lang)}</span> },
              { title: t("labCalendar.instrument"), key: "instrument", render: (_, one) => { const row = named.get(one.instrument_id); return row ? pick(lang, row, "name") : ""; } },
              { title: t("labCalendar.who"), key: "who", render: (_, one) => <Link to={`/reservations/${one.id}`}>{one.enterprise} · {one.holder}</Link> },
              { title: t("labCalendar.purpose"), key: "purpose", render: (_, one) => one.purpose },
              { title: t("labCalendar.state"), key: "state", render: (_, one) => <ReservationTag state={one.state} /> },
              { title: <span className="seen-by-readers">{t("labCalendar.move")}</span>, key: "do", align: "right", render: (_, one) => one.may_move && <Button size="small" data-move={one.id} onClick={() => open(one.id)}>{t("labCalendar.move")}</Button> },
            ]} />
        </Wide>
      )}
    </section>
  );
}

export function Closures({ found, rows, zone, mayEdit }: { found: BoardClosure[]; rows: BoardInstrument[]; zone: string; mayEdit: boolean }) {
  const { t } = useTranslation();
  const lang = useLang();
  const named = new Map(rows.map((one) => [one.id, one]));
  const removing = useActing(reopen, { touches: ["lab-calendar"], said: t("labCalendar.removed") });
  const shown = found.filter((one) => one.instrument_id === null || named.has(one.instrument_id));
  return (
    <section className="panel" aria-label={t("labCalendar.closures")}>
      <header><h2>{t("labCalendar.closures")}</h2><span className="count num">{shown.length}</span></header>
      {shown.length === 0 ? <p className="faint panel-body">{t("labCalendar.closuresNone")}</p> : (
        <Wide label={t("labCalendar.closures")} width={700}>
          <Table<BoardClosure> size="small" rowKey={(one) => `${one.id} ${one.starts_at}`} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} dataSource={shown}
            columns={[
              { title: t("labCalendar.when"), key: "when", render: (_, one) => <span className="num">{formatSpan(Date.parse(one.starts_at), Date.parse(one.ends_at), zone, lang)}{one.repeat_days && <span className="faint"> · {t("labCalendar.repeats", { days: one.repeat_days })}</span>}</span> },
              { title: t("labCalendar.scope"), key: "scope", render: (_, one) => { const row = one.instrument_id === null ? undefined : named.get(one.instrument_id); return row ? pick(lang, row, "name") : t("manage.whole"); } },
              { title: t("labCalendar.kind"), key: "kind", render: (_, one) => { const kind = KINDS.find((each) => each === one.kind); return kind ? t(`labCalendar.kinds.${kind}`) : one.kind; } },
              { title: t("labCalendar.reason"), key: "reason", render: (_, one) => pick(lang, one, "reason") },
              { title: <span className="seen-by-readers">{t("labCalendar.remove")}</span>, key: "do", align: "right", render: (_, one) => mayEdit && (
                <Popconfirm title={t("labCalendar.removeSure")} okText={t("labCalendar.remove")} onConfirm={() => removing.mutate(one.id)}><Button size="small" danger data-reopen={one.id}>{t("labCalendar.remove")}</Button></Popconfirm>
              ) },
            ]} />
        </Wide>
      )}
    </section>
  );
}
