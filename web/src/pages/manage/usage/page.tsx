/** 机时确认: what was used, beside what was reserved, for the lab to confirm before it is billed. */

import { Button, Segmented, Select } from "antd";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { pick, useLang } from "../../../i18n";
import { formatLength, formatSpan } from "../../../lib/time";
import { permilleText } from "../../../lib/uses";
import { useFilters } from "../../../parts/filters";
import { ToneTag } from "../../../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../../../parts/page";
import { Answer, Blank, Loading } from "../../../parts/states";
import { useInstrumentOptions } from "../own";
import { LabTabs } from "../tabs";
import { isPile, type Laid, pile, type PileName, PILES } from "./asked";
import { UsageTag, UseDetail } from "./detail";
import "./usage.css";

function Line({ one, isOpen, open }: { one: Laid; isOpen: boolean; open: () => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const { usage, reservation, evidence } = one;
  const coverage = Math.round(usage.coverage_percent * 10) / 10;
  return (
    <li>
      <button type="button" className="use-line" data-line={usage.id} aria-current={isOpen ? "true" : undefined} onClick={open}>
        <span className="spread"><b className="clip">{pick(lang, one.instrument, "name")}</b><UsageTag one={one} /></span>
        <span className="soft clip">{reservation ? `${reservation.enterprise} · ${reservation.holder}` : t("usageDesk.nobody")}</span>
        <span className="num soft">{formatSpan(Date.parse(usage.started_at), Date.parse(usage.ended_at), one.instrument.time_zone, lang)}</span>
        <span className="row tight faint">
          <b className="num">{formatLength(usage.metered_ms, lang)}</b>
          {evidence && <span className="num">{t("usageDesk.off", { percent: permilleText(evidence.differs_permille) })}</span>}
          <span className="num">{t("usageDesk.coveredShort", { percent: coverage })}</span>
          {usage.doubts.length > 0 && reservation && <ToneTag tone="attention">{t("usageDesk.doubts", { count: usage.doubts.length })}</ToneTag>}
        </span>
      </button>
    </li>
  );
}

export function UsageDeskPage() {
  const { t } = useTranslation();
  const [search, put] = useFilters();
  const asked = search.get("pile");
  const name: PileName = isPile(asked) ? asked : "waiting";
  const instrument = search.get("instrument");
  const found = useInfiniteQuery(pile(name, instrument));
  const instruments = useInstrumentOptions();
  const counts = found.data?.pages[0]?.counts;
  const use = search.get("use");
  const label = (one: PileName): string => (one === "settled" || !counts ? t(`usageDesk.piles.${one}`) : `${t(`usageDesk.piles.${one}`)} ${counts[one]}`);
  return (
    <>
      <LabTabs />
      <PageHead title={t("usageDesk.title")} lead={t("usageDesk.lead")} />
      <div className="stack">
        <div className="row spread" role="search">
          <div className="scroll-x"><Segmented<PileName> aria-label={t("usageDesk.title")} value={name} onChange={(next) => put({ pile: next === "waiting" ? null : next, use: null })} options={PILES.map((one) => ({ value: one, label: label(one) }))} /></div>
          <Select value={instrument ?? ""} style={{ width: 260 }} aria-label={t("usageDesk.instrument")} showSearch={{ optionFilterProp: "label" }} onChange={(value: string) => put({ instrument: value, use: null })} options={[{ value: "", label: t("usageDesk.anyInstrument") }, ...instruments]} />
        </div>
        <Answer query={found} loading={<div className="panel"><Loading rows={10} /></div>}>
          {({ pages }) => {
            const items = pages.flatMap((page) => page.items);
            const shown = use ?? (window.innerWidth > 900 ? items[0]?.usage.id : undefined);
            if (items.length === 0 && !use) return <div className="panel"><Blank title={t(`usageDesk.none.${name}`)} lead={t("usageDesk.noneLead")} /></div>;
            return (
              <div className={use ? "desk is-open" : "desk"}>
                <div className="stack desk-list">
                  <ul className="panel use-lines" aria-label={t(`usageDesk.piles.${name}`)}>
                    {items.map((one) => <Line key={one.usage.id} one={one} isOpen={one.usage.id === shown} open={() => put({ use: one.usage.id })} />)}
                  </ul>
                  {found.hasNextPage && <Button block loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{t("common.more")}</Button>}
                </div>
                <div className="desk-one">
                  {use && <Button className="desk-back" onClick={() => put({ use: null })}>‹ {t("usageDesk.back")}</Button>}
                  {shown && <UseDetail key={shown} id={shown} />}
                </div>
              </div>
            );
          }}
        </Answer>
        <ZoneNote zone={LAB_ZONE} />
      </div>
    </>
  );
}
