/** My reservations: the next ones with what can be done, the past ones with what they cost. */

import { Button, Segmented } from "antd";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";

import { reservationPages, reservations } from "../../api/calls";
import type { Reservation } from "../../api/types";
import { OPEN_STATES, PAST_STATES } from "../../lib/progress";
import { useFeed } from "../../live/feed";
import { PageHead, zoneOf, ZoneNote } from "../../parts/page";
import { Answer, Blank, Loading } from "../../parts/states";
import { ReservationCard } from "./reservation";
import { MyTabs } from "./tabs";

const VIEWS = ["open", "past"] as const;
type View = (typeof VIEWS)[number];

function Cards({ items, empty, lead }: { items: Reservation[]; empty: string; lead?: string }) {
  const { t } = useTranslation();
  if (items.length === 0) {
    return (
      <div className="panel">
        <Blank title={empty} lead={lead} action={<Link to="/"><Button type="primary" tabIndex={-1}>{t("my.browse")}</Button></Link>} />
      </div>
    );
  }
  return (
    <>
      {items.map((one) => <ReservationCard key={one.id} one={one} />)}
      <ZoneNote zone={zoneOf(items[0]?.instrument)} />
    </>
  );
}

function Open() {
  const { t } = useTranslation();
  const found = useQuery(reservations({ mine: true, state: OPEN_STATES }));
  return (
    <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
      {(page) => (
        <Cards items={[...page.items].sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at))} empty={t("my.empty")} lead={t("my.emptyLead")} />
      )}
    </Answer>
  );
}

function Past() {
  const { t } = useTranslation();
  const found = useInfiniteQuery(reservationPages({ mine: true, state: PAST_STATES }));
  return (
    <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
      {(list) => (
        <>
          <Cards items={list.pages.flatMap((page) => page.items)} empty={t("my.emptyPast")} />
          {found.hasNextPage && <Button block loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{t("common.more")}</Button>}
        </>
      )}
    </Answer>
  );
}

export function MyPage() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  useFeed();
  const view = VIEWS.find((one) => one === search.get("view")) ?? "open";
  return (
    <>
      <PageHead title={t("my.title")} lead={t("my.lead")}
        tools={
          <Segmented<View> value={view} onChange={(next) => setSearch({ view: next })} aria-label={t("my.title")}
            options={VIEWS.map((one) => ({ value: one, label: t(`my.${one}`) }))} />
        } />
      <MyTabs />
      <div className="stack">{view === "past" ? <Past /> : <Open />}</div>
    </>
  );
}
