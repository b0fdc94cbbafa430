/** My reservations: the next ones with what can be done, the past ones with what they cost. */

import { Button, Segmented } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";

import { reservations } from "../../api/calls";
import type { Reservation } from "../../api/types";
import { isOpen } from "../../lib/progress";
import { useFeed } from "../../live/feed";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Blank, Loading } from "../../parts/states";
import { ReservationCard } from "./reservation";

const VIEWS = ["open", "past", "all"] as const;
type View = (typeof VIEWS)[number];

function select(items: Reservation[], view: View): Reservation[] {
  const soonest = (a: Reservation, b: Reservation): number => Date.parse(a.starts_at) - Date.parse(b.starts_at);
  const open = items.filter((one) => isOpen(one.state)).sort(soonest);
  const past = items.filter((one) => !isOpen(one.state)).sort((a, b) => soonest(b, a));
  return view === "open" ? open : view === "past" ? past : [...open, ...past];
}

export function MyPage() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  useFeed();
  const found = useQuery(reservations({ mine: true }));
  const asked = VIEWS.find((one) => one === search.get("view"));
  const items = found.data?.items ?? [];
  const view = asked ?? (items.length > 0 && !items.some((one) => isOpen(one.state)) ? "past" : "open");
  return (
    <>
      <PageHead title={t("my.title")} lead={t("my.lead")}
        tools={
          <Segmented<View> value={view} onChange={(next) => setSearch({ view: next })} aria-label={t("my.title")}
            options={VIEWS.map((one) => ({ value: one, label: t(one === "all" ? "my.all" : `my.${one}`) }))} />
        } />
      <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
        {(page) => {
          const shown = select(page.items, view);
          if (shown.length === 0) {
            return (
              <div className="panel">
                <Blank title={t(view === "past" ? "my.emptyPast" : "my.empty")} lead={view === "past" ? undefined : t("my.emptyLead")}
                  action={<Link to="/"><Button type="primary" tabIndex={-1}>{t("my.browse")}</Button></Link>} />
              </div>
            );
          }
          return (
            <div className="stack">
              {shown.map((one) => <ReservationCard key={one.id} one={one} />)}
              <ZoneNote zone={shown[0]?.instrument.time_zone ?? LAB_ZONE} />
            </div>
          );
        }}
      </Answer>
    </>
  );
}
