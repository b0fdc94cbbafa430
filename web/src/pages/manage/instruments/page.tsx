/** 仪器: all of the lab's own, open to others or not, with the way to each card and the workbook of all. */

import { Button, Input } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { withQuery } from "../../../api/http";
import { pick, useLang } from "../../../i18n";
import { useFilters } from "../../../parts/filters";
import { ToneTag } from "../../../parts/marks";
import { PageHead } from "../../../parts/page";
import { Answer, Blank, Failure, Loading } from "../../../parts/states";
import { Table } from "../../../parts/table";
import { Wide } from "../../../parts/wide";
import { usePerson } from "../../../shell/access";
import { type Own, useOwnInstruments } from "../own";
import { LabTabs } from "../tabs";
import { ImportButton } from "./sheet";

const CONDITIONS = { working: "running", faulty: "fault", in_repair: "attention", scrapped: "offline" } as const;

function List({ all }: { all: Own[] }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [search, put] = useFilters();
  const asked = (search.get("q") ?? "").toLowerCase();
  const shown = all.filter((one) => !asked || `${one.name_zh} ${one.name_en} ${one.code} ${one.model} ${one.location}`.toLowerCase().includes(asked));
  const condition = (one: Own): keyof typeof CONDITIONS => (one.condition in CONDITIONS ? (one.condition as keyof typeof CONDITIONS) : "working");
  return (
    <section className="panel" aria-label={t("cards.title")}>
      <header>
        <Input.Search allowClear defaultValue={asked} placeholder={t("cards.search")} aria-label={t("cards.search")} onSearch={(q) => put({ q })} style={{ width: 300, maxWidth: "100%" }} />
        <span className="count num">{shown.length}</span>
      </header>
      {shown.length === 0 ? <Blank title={t("cards.none")} /> : (
        <Wide label={t("cards.title")} width={860}>
          <Table<Own> size="small" rowKey="id" pagination={{ pageSize: 25, hideOnSinglePage: true, showSizeChanger: false }} dataSource={shown}
            columns={[
              { title: t("cards.code"), dataIndex: "code", sorter: (a, b) => a.code.localeCompare(b.code), render: (code: string) => <span className="mono">{code}</span> },
              { title: t("cards.name"), key: "name", render: (_, one) => <Link to={`/lab/instruments/${one.id}`}>{pick(lang, one, "name")}</Link> },
              { title: t("cards.model"), dataIndex: "model" },
              { title: t("cards.location"), dataIndex: "location" },
              { title: t("cards.calibratedUntil"), key: "calibrated", render: (_, one) => <span className="num">{one.calibrated_until ?? "—"}</span> },
              { title: t("cards.condition"), key: "condition", render: (_, one) => <ToneTag tone={CONDITIONS[condition(one)]}>{t(`cards.conditions.${condition(one)}`)}</ToneTag> },
              { title: t("cards.shared"), key: "shared", render: (_, one) => <ToneTag tone={one.is_shared ? "accent" : "idle"}>{t(one.is_shared ? "cards.isShared" : "cards.notShared")}</ToneTag> },
            ]} />
        </Wide>
      )}
    </section>
  );
}

export function InstrumentsPage() {
  const { t } = useTranslation();
  const person = usePerson();
  const found = useOwnInstruments();
  const isManager = !!person.data?.roles.includes("institution_manager");
  return (
    <>
      <LabTabs />
      <PageHead title={t("cards.title")} lead={t("cards.lead")} tools={isManager && (
        <>
          <Button href={withQuery("/instrument-sheet.xlsx")} download>{t("cards.export")}</Button>
          <ImportButton />
        </>
      )} />
      {person.isSuccess && !isManager ? <div className="panel">{person.data ? <Blank kind="lock" title={t("error.forbidden")} lead={t("error.forbiddenLead")} /> : <Failure error={null} />}</div>
        : <Answer query={found} loading={<div className="panel"><Loading rows={10} /></div>}>{(all) => <List all={all} />}</Answer>}
    </>
  );
}
