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
import { administers, usePerson } from "../../shell/access";
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

/** What colleagues ask for and an administrator says yes or no to, before the lab is asked. */
function ToEndorse() {
  const { t } = useTranslation();
  const found = useQuery(reservations({ state: ["proposed"] }, 1));
  const waiting = found.data?.items.filter((one) => one.acts.includes("endorse")) ?? [];
  if (waiting.length === 0) return null;
  return (
    <section className="stack" aria-labelledby="endorse-title" data-to-endorse>
      <h2 id="endorse-title" className="row tight">{t("mine.toEndorse")}<span className="count num">{waiting.length}</span></h2>
      {waiting.map((one) => <ReservationCard key={one.id} one={one} />)}
    </section>
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
  const person = usePerson();
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
      <div className="stack">
        {view === "open" && administers(person.data) && <ToEndorse />}
        {view === "past" ? <Past /> : <Open />}
      </div>
    </>
  );
}
