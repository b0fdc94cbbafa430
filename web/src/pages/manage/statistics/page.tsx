/** Statistics: how much is used and shared, in figures, in pictures and in rows. */

import { Button, DatePicker, Dropdown, InputNumber, Segmented, Select, Table } from "antd";
import { useQuery } from "@tanstack/react-query";
import dayjs from "dayjs";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { get, withQuery } from "../../../api/http";
import { pick, useLang } from "../../../i18n";
import { formatFen } from "../../../lib/money";
import { dayKey } from "../../../lib/time";
import { type Put, useFilters } from "../../../parts/filters";
import { useMinute } from "../../../parts/now";
import { LAB_ZONE, PageHead } from "../../../parts/page";
import { Answer, Loading } from "../../../parts/states";
import { Wide } from "../../../parts/wide";
import { usePerson } from "../../../shell/access";
import { LabTabs } from "../tabs";
import { type Asked, figures, hoursText, type InstrumentRow, type Narrowed, percent, type Period, periodOf, PRESETS, queryOf, rawPercent, readPeriod, type Statistics } from "./asked";
import { Pictures } from "./pictures";
import { isRowKind, RowsDrawer } from "./rows";

function QuotaInput({ name, value, change }: { name: string; value: number; change: (hours: number) => void }) {
  const { t } = useTranslation();
  const [typed, type] = useState<number | null>(value);
  const done = (): void => {
    if (typed !== null && typed !== value) change(typed);
  };
  return (
    <InputNumber<number> min={1} max={8784} precision={0} value={typed} prefix={name} suffix="h" style={{ width: 138 }}
      aria-label={`${t("statistics.quotas")} ${name}`} onChange={type} onBlur={done} onPressEnter={done} />
  );
}

function Filters({ period, quotas, put, search }: { period: Period; quotas: Statistics["quotas"] | undefined; put: Put; search: URLSearchParams }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  const person = usePerson();
  const seesAll = !!person.data?.roles.some((role) => role === "operator" || role === "auditor");
  const institutions = useQuery({
    queryKey: ["institutions"],
    queryFn: ({ signal }) => get("/institutions", {}, signal),
    enabled: seesAll,
    staleTime: 60_000,
  });
  const today = dayKey(now, LAB_ZONE);
  const preset = PRESETS.find((one) => {
    const known = periodOf(one, today);
    return known.from === period.from && known.until === period.until;
  });
  return (
    <div className="filters" role="search">
      <div>
        <span>{t("statistics.period")}</span>
        <Segmented<string> aria-label={t("statistics.period")} value={preset ?? ""} onChange={(one) => put({ ...periodOf(one as (typeof PRESETS)[number], today) })}
          options={PRESETS.map((one) => ({ value: one, label: t(`statistics.presets.${one}`) }))} />
      </div>
      <div>
        <span>{t("statistics.until", { zone: LAB_ZONE })}</span>
        <DatePicker.RangePicker allowClear={false} value={[dayjs(period.from), dayjs(period.until)]}
          onChange={(days) => days?.[0] && days[1] && put({ from: days[0].format("YYYY-MM-DD"), until: days[1].format("YYYY-MM-DD") })} />
      </div>
      {seesAll && (
        <label>
          <span>{t("statistics.institution")}</span>
          <Select style={{ width: 240 }} value={search.get("institution") ?? ""} aria-label={t("statistics.institution")} onChange={(value: string) => put({ institution: value })}
            options={[{ value: "", label: t("statistics.everyone") }, ...(institutions.data?.items ?? []).map((one) => ({ value: one.id, label: pick(lang, one, "name") }))]} />
        </label>
      )}
      {quotas && (
        <div title={t("statistics.quotaWhy")}>
          <span>{t("statistics.quotas")}</span>
          <span className="row tight">
            {(["general", "special"] as const).map((one) => (
              <QuotaInput key={`${one} ${quotas[`${one}_h`]}`} name={t(`statistics.${one}`)} value={quotas[`${one}_h`]} change={(hours) => put({ [one]: String(hours) })} />
            ))}
          </span>
        </div>
      )}
    </div>
  );
}

function Figure({ name, value, words, open }: { name: string; value: string; words: ReactNode; open: () => void }) {
  const { t } = useTranslation();
  return (
    <button type="button" className="figure" data-figure={name} title={t("manage.open")} onClick={open}>
      <span className="soft">{name}</span>
      <b className="num">{value}</b>
      <small>{words}</small>
    </button>
  );
}

function Figures({ found, open }: { found: Statistics; open: (changes: Record<string, string>) => void }) {
  const { t } = useTranslation();
  const { total } = found;
  const shared = found.instruments.filter((one) => one.is_shared).length;
  const rate = (value: number | null): string => percent(value) ?? t("statistics.none");
  return (
    <section className="figures" aria-label={t("statistics.title")}>
      <Figure name={t("statistics.utilisation")} value={rate(total.utilisation)} open={() => open({ rows: "uses" })}
        words={<>{t("statistics.utilisationWords", { effective: hoursText(total.effective_h), quota: hoursText(total.quota_h) })}{total.utilisation !== null && total.utilisation > 1 && <><br />{t("statistics.utilisationOver", { percent: rawPercent(total.utilisation) })}</>}</>} />
      <Figure name={t("statistics.sharing")} value={rate(total.sharing)} open={() => open({ rows: "uses" })}
        words={t("statistics.sharingWords", { external: hoursText(total.external_h), effective: hoursText(total.effective_h) })} />
      <Figure name={t("statistics.effective")} value={t("statistics.hours", { hours: hoursText(total.effective_h) })} open={() => open({ rows: "uses" })}
        words={t("statistics.effectiveWords", { uses: total.uses })} />
      <Figure name={t("statistics.opened")} value={rate(found.open_rate)} open={() => open({ rows: "instruments" })}
        words={t("statistics.openedWords", { shared, all: found.instruments.length })} />
      <Figure name={t("statistics.noShow")} value={rate(total.no_show)} open={() => open({ rows: "reservations" })}
        words={t("statistics.noShowWords", { missed: total.missed, all: total.attended + total.missed })} />
      <Figure name={t("statistics.money")} value={formatFen(total.money_fen)} open={() => open({ rows: "charges" })} words={t("statistics.moneyWords")} />
    </section>
  );
}

function InstrumentTable({ found, open }: { found: Statistics; open: (changes: Record<string, string>) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const rate = (value: number | null): string => percent(value) ?? t("statistics.none");
  const opener = (one: InstrumentRow, rows: string, text: string, name: string, only: Record<string, string> = {}): ReactNode => (
    <button type="button" className="plain-number nowrap" aria-label={`${pick(lang, one, "name")} ${name} ${text}`} onClick={() => open({ rows, instrument: one.instrument_id, ...only })}>{text}</button>
  );
  return (
    <section className="panel" aria-label={t("statistics.table")}>
      <header><h2>{t("statistics.table")}</h2></header>
      <Wide label={t("statistics.table")} width={980}>
        <Table<InstrumentRow> size="small" rowKey="instrument_id" pagination={false} dataSource={found.instruments}
          columns={[
            { title: t("statistics.instrument"), key: "name", sorter: (a, b) => a.code.localeCompare(b.code), render: (_, one) => <><span>{pick(lang, one, "name")}</span> <span className="mono faint">{one.code}</span></> },
            { title: t("statistics.effective"), key: "effective", align: "right", defaultSortOrder: "descend", sorter: (a, b) => a.figures.effective_h - b.figures.effective_h, render: (_, one) => opener(one, "uses", hoursText(one.figures.effective_h), t("statistics.effective")) },
            { title: t("statistics.externalHours"), key: "external", align: "right", sorter: (a, b) => a.figures.external_h - b.figures.external_h, render: (_, one) => <span className="num">{hoursText(one.figures.external_h)}</span> },
            { title: t("statistics.quota"), key: "quota", align: "right", render: (_, one) => <span className="num">{hoursText(one.figures.quota_h)}</span> },
            { title: t("statistics.utilisation"), key: "utilisation", align: "right", sorter: (a, b) => (a.figures.utilisation ?? 0) - (b.figures.utilisation ?? 0), render: (_, one) => <span className="num" title={one.figures.utilisation && one.figures.utilisation > 1 ? t("statistics.utilisationOver", { percent: rawPercent(one.figures.utilisation) }) : undefined}>{rate(one.figures.utilisation)}</span> },
            { title: t("statistics.sharing"), key: "sharing", align: "right", render: (_, one) => <span className="num">{rate(one.figures.sharing)}</span> },
            { title: t("statistics.uses"), key: "uses", align: "right", render: (_, one) => <span className="num">{one.figures.uses}</span> },
            { title: t("statistics.missed"), key: "missed", align: "right", render: (_, one) => opener(one, "reservations", String(one.figures.missed), t("statistics.missed"), { missed: "1" }) },
            { title: t("statistics.money"), key: "money", align: "right", sorter: (a, b) => a.figures.money_fen - b.figures.money_fen, render: (_, one) => opener(one, "charges", formatFen(one.figures.money_fen), t("statistics.money")) },
          ]} />
      </Wide>
    </section>
  );
}

/** What was done when; quotas only weigh it. */
const recorded = ({ from, to, institution_id }: Asked) => ({ from, to, institution_id });

function narrowed(search: URLSearchParams, asked: Asked): Narrowed {
  const user = search.get("user");
  const charges = { ...recorded(asked), instrument_id: search.get("instrument") };
  return {
    charges,
    uses: { ...charges, enterprise_id: user === "own" ? null : user, is_own: user === "own" ? true : null },
    reservations: { ...charges, is_missed: search.has("missed") ? true : null },
  };
}

export function StatisticsPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const [search, put] = useFilters();
  const now = useMinute();
  const period = readPeriod(search, now);
  const asked = queryOf(period, search);
  const found = useQuery(figures(asked));
  const rows = search.get("rows");
  const close = (): void => put({ rows: null, instrument: null, user: null, missed: null });
  const about = (all: Statistics): string => {
    const instrument = all.instruments.find((one) => one.instrument_id === search.get("instrument"));
    const user = all.users.find((one) => (one.enterprise_id ?? "own") === search.get("user"));
    return [instrument && pick(lang, instrument, "name"), user && (user.enterprise_id === null ? t("statistics.ownUse") : user.name), search.has("missed") && t("statistics.missed")].filter(Boolean).join(" · ");
  };
  return (
    <>
      <LabTabs />
      <PageHead title={t("statistics.title")} lead={t("statistics.lead")}
        tools={
          <Dropdown trigger={["click"]} menu={{ items: [
            { key: "figures", label: <a href={withQuery("/statistics/usage.xlsx", asked)} download>{t("statistics.exportFigures")}</a> },
            { key: "records", label: <a href={withQuery("/statistics/service-records.xlsx", recorded(asked))} download>{t("statistics.exportRecords")}</a> },
          ] }}>
            <Button>{t("statistics.export")}</Button>
          </Dropdown>
        } />
      <div className="stack">
        <Filters period={period} quotas={found.data?.quotas} put={put} search={search} />
        <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
          {(all) => (
            <>
              <Figures found={all} open={put} />
              <Pictures found={all} open={put} />
              <InstrumentTable found={all} open={put} />
              {isRowKind(rows) && <RowsDrawer kind={rows} asked={narrowed(search, asked)} about={about(all)} instruments={all.instruments} close={close} />}
            </>
          )}
        </Answer>
      </div>
    </>
  );
}
