/** What a price would mean: for one span of time, step by step, and for a month that is over. */

import { Alert, DatePicker } from "antd";
import { useQuery } from "@tanstack/react-query";
import dayjs from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { pick, useLang } from "../../../i18n";
import { formatFen } from "../../../lib/money";
import { dayFromKey, dayKey, formatLength, formatSpan, HOUR } from "../../../lib/time";
import { useFilters } from "../../../parts/filters";
import { Problems } from "../../../parts/refusal";
import { Answer, Loading } from "../../../parts/states";
import { StepValue } from "../../../parts/step";
import { WallPicker } from "../../../parts/wall-picker";
import { Table } from "../../../parts/table";
import { Wide } from "../../../parts/wide";
import { type Price, rehearsal, type Rehearsed, trial } from "./asked";

const iso = (at: number): string => new Date(at).toISOString();

export function Trial({ instrument, price, zone, now }: { instrument: string; price: Price; zone: string; now: number }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [from, setFrom] = useState(() => Math.ceil(now / HOUR) * HOUR);
  const [to, setTo] = useState(() => Math.ceil(now / HOUR) * HOUR + 2 * HOUR);
  const told = useQuery(trial(instrument, price, iso(from), iso(to)));
  return (
    <section className="panel" aria-label={t("tariffs.trial")} data-trial>
      <header><h2>{t("tariffs.trial")}</h2></header>
      <div className="panel-body stack">
        <div className="filters">
          <label><span>{t("tariffs.from")}</span><WallPicker zone={zone} label={t("tariffs.from")} value={from} onChange={(at) => at && setFrom(at)} /></label>
          <label><span>{t("tariffs.to")}</span><WallPicker zone={zone} label={t("tariffs.to")} value={to} onChange={(at) => at && setTo(at)} /></label>
        </div>
        {told.isError ? <Alert type="error" showIcon title={<Problems error={told.error} />} /> : (
          <Answer query={told} loading={<Loading rows={3} />}>
            {(found) => (
              <>
                <div className="row tight"><b className="price num" data-trial-amount>{formatFen(found.amount_fen, found.currency)}</b><span className="soft">{t("tariffs.billed", { length: formatLength(found.billed_seconds * 1000, lang) })}</span></div>
                <ol className="steps-list">
                  {found.steps.map((step, index) => <li key={index}><span className="soft">{pick(lang, step, "label")}</span><span className="num"><StepValue step={step} currency={found.currency} /></span></li>)}
                </ol>
              </>
            )}
          </Answer>
        )}
      </div>
    </section>
  );
}

function monthOf(asked: string | null, now: number, zone: string): string {
  if (asked && /^\d{4}-\d{2}$/.test(asked)) return asked;
  return dayjs(`${dayKey(now, zone).slice(0, 7)}-01`).subtract(1, "month").format("YYYY-MM");
}

export function Rehearsal({ instrument, price, zone, now }: { instrument: string; price: Price; zone: string; now: number }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [search, put] = useFilters();
  const month = monthOf(search.get("month"), now, zone);
  const next = dayjs(`${month}-01`).add(1, "month").format("YYYY-MM-DD");
  const told = useQuery(rehearsal(instrument, price, iso(dayFromKey(`${month}-01`, zone)), iso(dayFromKey(next, zone))));
  const change = (one: { was_fen: number; would_be_fen: number }): string => {
    const more = one.would_be_fen - one.was_fen;
    return `${more > 0 ? "+" : ""}${formatFen(more)}`;
  };
  return (
    <section className="panel" aria-label={t("tariffs.rehearsal")} data-rehearsal>
      <header>
        <h2>{t("tariffs.rehearsal")}</h2>
        <DatePicker picker="month" allowClear={false} aria-label={t("tariffs.month")} value={dayjs(`${month}-01`)} onChange={(day) => day && put({ month: day.format("YYYY-MM") })} />
      </header>
      <div className="panel-body stack">
        {told.isError ? <Alert type="error" showIcon title={<Problems error={told.error} />} /> : (
          <Answer query={told} loading={<Loading rows={3} />}>
            {(found) => found.lines.length === 0 ? <p className="soft">{t("tariffs.noUses", { month })}</p> : (
              <>
                <dl className="sums">
                  <div><dt>{t("tariffs.was")}</dt><dd className="num">{formatFen(found.was_fen)}</dd></div>
                  <div><dt>{t("tariffs.wouldBe")}</dt><dd className="num" data-would-be>{formatFen(found.would_be_fen)}</dd></div>
                  <div><dt>{t("tariffs.difference")}</dt><dd className="num">{change(found)}</dd></div>
                </dl>
                <Wide label={t("tariffs.rehearsal")} width={680}>
                  <Table<Rehearsed> size="small" rowKey="charge_id" pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }} dataSource={found.lines}
                    columns={[
                      { title: t("tariffs.use"), key: "use", render: (_, one) => <Link to={`/charges/${one.charge_id}`} className="num">{formatSpan(Date.parse(one.starts_at), Date.parse(one.ends_at), zone, lang)}</Link> },
                      { title: t("tariffs.who"), dataIndex: "enterprise" },
                      { title: t("tariffs.metered"), key: "metered", align: "right", render: (_, one) => <span className="num nowrap">{formatLength(one.metered_ms, lang)}</span> },
                      { title: t("tariffs.was"), key: "was", align: "right", render: (_, one) => <span className="num">{formatFen(one.was_fen)}</span> },
                      { title: t("tariffs.wouldBe"), key: "would", align: "right", render: (_, one) => <span className="num">{formatFen(one.would_be_fen)}</span> },
                      { title: t("tariffs.difference"), key: "change", align: "right", render: (_, one) => <span className="num nowrap">{change(one)}</span> },
                    ]} />
                </Wide>
              </>
            )}
          </Answer>
        )}
      </div>
    </section>
  );
}
