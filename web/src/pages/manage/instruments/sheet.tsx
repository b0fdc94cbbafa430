/** A workbook of cards: what each row would do is shown first, and every fault by its cell. */

import { useTranslation } from "react-i18next";

import { ToneTag } from "../../../parts/marks";
import { Table } from "../../../parts/table";
import { Wide } from "../../../parts/wide";
import { SheetImport } from "../sheet-import";
import { type Foreseen, importSheet, previewSheet } from "./asked";

type Kind = "added" | "changed" | "same";

function kindOf(one: Foreseen): Kind {
  return one.is_new ? "added" : one.changed.length > 0 ? "changed" : "same";
}

const TONES = { added: "accent", changed: "attention", same: "idle" } as const;

export function ImportButton() {
  const { t } = useTranslation();
  const count = (rows: Foreseen[], kind: Kind): number => rows.filter((one) => kindOf(one) === kind).length;
  return (
    <SheetImport<Foreseen> label={t("cards.import")} look={previewSheet} take={importSheet} touches={["own-instruments", "instrument", "instruments"]}
      mayTake={(rows) => rows.some((one) => kindOf(one) !== "same")}>
      {(rows) => (
        <>
          <p>{t("cards.wouldDo", { added: count(rows, "added"), changed: count(rows, "changed"), same: count(rows, "same") })}</p>
          <Wide label={t("cards.preview", { name: "" })} width={560}>
            <Table<Foreseen> size="small" rowKey="code" pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }} dataSource={rows}
              columns={[
                { title: t("cards.code"), dataIndex: "code", render: (code: string) => <span className="mono">{code}</span> },
                { title: t("cards.name"), dataIndex: "name_zh" },
                { title: t("cards.what"), key: "what", render: (_, one) => <ToneTag tone={TONES[kindOf(one)]}>{t(`cards.kinds.${kindOf(one)}`)}</ToneTag> },
                { title: t("cards.changes"), key: "changes", render: (_, one) => one.changed.join("、") },
              ]} />
          </Wide>
        </>
      )}
    </SheetImport>
  );
}
