/** A workbook of reservations: what would become of each row, and all that speaks against it. */

import { Button } from "antd";
import { useTranslation } from "react-i18next";

import { upload, withQuery } from "../../../api/http";
import type { components } from "../../../api/schema";
import { pick, useLang } from "../../../i18n";
import { formatSpan } from "../../../lib/time";
import { ReservationTag } from "../../../parts/marks";
import { Table } from "../../../parts/table";
import { Wide } from "../../../parts/wide";
import { SheetImport } from "../sheet-import";

type Reserved = components["schemas"]["ReservedRowView"];

function held(file: File): FormData {
  const form = new FormData();
  form.append("file", file);
  return form;
}

function Fate({ one }: { one: Reserved }) {
  const lang = useLang();
  if (one.state) return <ReservationTag state={one.state} />;
  return <ul className="stack" style={{ gap: 4 }}>{one.problems.map((each, index) => <li key={index}>{pick(lang, each, "detail")}</li>)}</ul>;
}

export function ReservationSheet({ zone }: { zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const when = (one: Reserved): string => (one.starts_at && one.ends_at ? formatSpan(Date.parse(one.starts_at), Date.parse(one.ends_at), zone, lang) : "—");
  return (
    <>
      <Button href={withQuery("/reservation-sheet.xlsx")} download title={t("labCalendar.templateWhy")}>{t("labCalendar.template")}</Button>
      <SheetImport<Reserved> label={t("labCalendar.import")} look={(file) => upload("/reservation-sheet-preview", held(file))} take={(file, key) => upload("/reservation-sheet", held(file), key)}
        touches={["lab-calendar"]} mayTake={(rows) => rows.every((one) => one.state !== null)}>
        {(rows) => (
          <>
            <p>{t("labCalendar.wouldReserve", { good: rows.filter((one) => one.state).length, bad: rows.filter((one) => !one.state).length })}</p>
            <Wide label={t("cards.preview", { name: "" })} width={620}>
              <Table<Reserved> size="small" rowKey="row" pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }} dataSource={rows}
                columns={[
                  { title: t("labCalendar.row"), dataIndex: "row", render: (row: number) => <span className="num">{row}</span> },
                  { title: t("labCalendar.fate"), key: "fate", width: 220, render: (_, one) => <Fate one={one} /> },
                  { title: t("labCalendar.instrument"), dataIndex: "instrument_code", render: (code: string | null) => <span className="mono">{code ?? "—"}</span> },
                  { title: t("labCalendar.who"), dataIndex: "login" },
                  { title: t("labCalendar.when"), key: "when", render: (_, one) => <span className="num">{when(one)}</span> },
                ]} />
            </Wide>
          </>
        )}
      </SheetImport>
    </>
  );
}
