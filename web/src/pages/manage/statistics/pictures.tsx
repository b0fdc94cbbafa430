/** The pictures of the statistics, each with what it says in words beside it. */

import { useTranslation } from "react-i18next";

import { pick, useLang } from "../../../i18n";
import { formatDayKey } from "../../../lib/time";
import { AXIS, Chart, CHART_COLOURS } from "../../../parts/chart";
import { hoursText, percent, type Statistics } from "./asked";

const SHOWN = 12;

function Picture({ title, words, wide = false, children }: { title: string; words: string; wide?: boolean; children: React.ReactNode }) {
  return (
    <section className={`panel picture ${wide ? "whole" : ""}`} aria-label={title}>
      <header><h2>{title}</h2></header>
      <div className="panel-body"><p>{words}</p>{children}</div>
    </section>
  );
}

const TOOLTIP = { renderMode: "richText" as const, trigger: "axis" as const, axisPointer: { type: "shadow" as const } };

function Trend({ found }: { found: Statistics }) {
  const { t } = useTranslation();
  const lang = useLang();
  const { step, items } = found.trend;
  const name = (day: string): string => (step === "month" ? day.slice(0, 7) : formatDayKey(day, lang).replace(/ 周.$/, "").replace(/^\w{3} /, ""));
  const best = items.reduce((most, one) => (one.effective_h > most.effective_h ? one : most), items[0] ?? { starts_on: "", effective_h: 0, external_h: 0 });
  const words = best.effective_h === 0 ? t("statistics.trendNone")
    : t("statistics.trendWords", { step: t(`statistics.trendStep.${step}`), hours: hoursText(found.total.effective_h), best: name(best.starts_on), most: hoursText(best.effective_h) });
  const bars = { type: "bar" as const, stack: "hours", barMaxWidth: 28 };
  return (
    <Picture title={t("statistics.trend")} words={words} wide>
      <Chart label={words} height={240} options={{
        tooltip: TOOLTIP,
        legend: { top: 0, right: 0, textStyle: { color: "#4a5965" } },
        grid: { left: 44, right: 12, top: 34, bottom: 28 },
        xAxis: { type: "category", data: items.map((one) => name(one.starts_on)), ...AXIS, splitLine: { show: false } },
        yAxis: { type: "value", minInterval: 1, ...AXIS, axisLabel: { color: "#4a5965", formatter: "{value} h" } },
        series: [
          { ...bars, name: t("statistics.external"), data: items.map((one) => one.external_h) },
          { ...bars, name: t("statistics.own"), data: items.map((one) => Math.max(0, Math.round((one.effective_h - one.external_h) * 100) / 100)) },
        ],
      }} />
    </Picture>
  );
}

function ByInstrument({ found, open }: { found: Statistics; open: (instrument: string) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const used = found.instruments.filter((one) => one.figures.uses > 0).sort((a, b) => (b.figures.utilisation ?? 0) - (a.figures.utilisation ?? 0));
  const first = used[0];
  const words = first
    ? t("statistics.byInstrumentWords", { used: used.length, idle: found.instruments.length - used.length, name: pick(lang, first, "name"), percent: percent(first.figures.utilisation) ?? t("statistics.none") })
    : t("statistics.trendNone");
  const drawn = used.slice(0, SHOWN).reverse();
  return (
    <Picture title={t("statistics.byInstrument")} words={words}>
      {first && (
        <Chart label={words} height={46 + drawn.length * 26} choose={(index) => drawn[index] && open(drawn[index].instrument_id)} options={{
          tooltip: { ...TOOLTIP, valueFormatter: (value: unknown) => `${String(value)} %` },
          grid: { left: 8, right: 52, top: 8, bottom: 24, containLabel: true },
          xAxis: { type: "value", max: (range: { max: number }) => Math.min(100, Math.ceil(range.max * 1.1) || 1), ...AXIS, axisLabel: { color: "#4a5965", formatter: "{value} %", hideOverlap: true } },
          yAxis: { type: "category", data: drawn.map((one) => pick(lang, one, "name")), ...AXIS, axisLabel: { color: "#14212b", width: 150, overflow: "truncate" } },
          series: [{ type: "bar", barMaxWidth: 16, data: drawn.map((one) => Math.round(Math.min(1, one.figures.utilisation ?? 0) * 1000) / 10), label: { show: true, position: "right", formatter: "{c} %", color: "#14212b" } }],
        }} />
      )}
    </Picture>
  );
}

function ByUser({ found, open }: { found: Statistics; open: (user: string) => void }) {
  const { t } = useTranslation();
  const name = (one: Statistics["users"][number]): string => (one.enterprise_id === null ? t("statistics.ownUse") : one.name ?? t("statistics.unnamed"));
  const users = found.users.filter((one) => one.hours > 0);
  const first = users[0];
  const words = first
    ? t("statistics.byUserWords", { count: users.length, name: name(first), hours: hoursText(first.hours), percent: percent(first.hours / found.total.effective_h) ?? "" })
    : t("statistics.trendNone");
  return (
    <Picture title={t("statistics.byUser")} words={words}>
      {first && (
        <>
          <Chart label={words} height={200} choose={(index) => users[index] && open(users[index].enterprise_id ?? "own")} options={{
            tooltip: { renderMode: "richText", trigger: "item", valueFormatter: (value: unknown) => `${String(value)} h` },
            series: [{ type: "pie", radius: ["48%", "78%"], data: users.slice(0, SHOWN).map((one) => ({ name: name(one), value: one.hours })), label: { color: "#14212b", formatter: "{d} %" } }],
          }} />
          <ul className="stack" style={{ gap: 4 }}>
            {users.slice(0, SHOWN).map((one, index) => (
              <li key={one.enterprise_id ?? "own"} className="spread">
                <span className="clip row tight"><i className="dot" style={{ background: CHART_COLOURS[index % CHART_COLOURS.length] }} aria-hidden="true" />{name(one)}</span>
                <button type="button" className="plain-number nowrap" aria-label={`${name(one)}: ${t("statistics.hours", { hours: hoursText(one.hours) })}`} onClick={() => open(one.enterprise_id ?? "own")}>{t("statistics.hours", { hours: hoursText(one.hours) })}</button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Picture>
  );
}

export function Pictures({ found, open }: { found: Statistics; open: (changes: Record<string, string>) => void }) {
  return (
    <div className="pictures">
      <Trend found={found} />
      <ByInstrument found={found} open={(instrument) => open({ rows: "uses", instrument })} />
      <ByUser found={found} open={(user) => open({ rows: "uses", user })} />
    </div>
  );
}
