/** What one waits for: offers first, with the time left to take them. */

import { Button, Popconfirm, Segmented } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";

import { acceptOffer, type Wait, waitlist, withdrawWait } from "../../api/lease";
import { pick, useLang } from "../../i18n";
import { formatInstant, formatLength, formatSpan, MINUTE } from "../../lib/time";
import { useFeed } from "../../live/feed";
import { useActing } from "../../parts/acting";
import { Countdown } from "../../parts/countdown";
import { type Tone, ToneTag } from "../../parts/marks";
import { PageHead, zoneOf, ZoneNote } from "../../parts/page";
import { Answer, Blank, Loading } from "../../parts/states";
import { usePerson } from "../../shell/access";
import { MyTabs } from "./tabs";

const STATES = ["offered", "waiting", "taken", "withdrawn", "lapsed"] as const;
type WaitState = (typeof STATES)[number];
const TONES: Record<WaitState, Tone> = { offered: "attention", waiting: "accent", taken: "running", withdrawn: "offline", lapsed: "offline" };
const TOUCHES = ["waitlist", "reservations", "calendar", "notices"];

const isOpen = (one: Wait): boolean => one.state === "waiting" || one.state === "offered";

function WaitCard({ one }: { one: Wait }) {
  const { t } = useTranslation();
  const lang = useLang();
  const go = useNavigate();
  const zone = zoneOf(one.instrument);
  const person = usePerson();
  const accepting = useActing(acceptOffer, { touches: TOUCHES, said: t("waits.accepted"), then: (made) => void go(`/reservations/${made.id}`) });
  const leaving = useActing(withdrawWait, { touches: TOUCHES, said: t("waits.withdrawn") });
  const state = STATES.find((known) => known === one.state) ?? "waiting";
  const span = (of: { starts_at: string; ends_at: string }): string => formatSpan(Date.parse(of.starts_at), Date.parse(of.ends_at), zone, lang);
  return (
    <article className="panel wait" data-wait={one.state}>
      <div className="stack" style={{ gap: 4 }}>
        <div className="row tight">
          <h2><Link to={`/instruments/${one.instrument_id}`}>{pick(lang, one.instrument, "name")}</Link></h2>
          <ToneTag tone={TONES[state]}>{t(`waits.state.${state}`)}</ToneTag>
        </div>
        {one.offer && (
          <div className="row tight"><b className="num">{t("waits.offer", { span: span(one.offer) })}</b>{one.offer_ends_at && <Countdown until={one.offer_ends_at} />}</div>
        )}
        {one.holder.id !== person.data?.id && <div className="soft">{one.holder.display_name}</div>}
        <div className="soft num">{t("waits.within", { span: span(one.within) })} · {t("waits.length", { length: formatLength(one.length_minutes * MINUTE, lang) })}</div>
        <div className="faint num">{t("waits.since", { at: formatInstant(Date.parse(one.created_at), zone, lang) })}</div>
      </div>
      <div className="row">
        {one.state === "taken" && one.reservation_id && <Link to={`/reservations/${one.reservation_id}`}>{t("waits.toReservation")} →</Link>}
        {isOpen(one) && (
          <Popconfirm title={t("waits.withdrawAsk")} okText={t("waits.withdraw")} cancelText={t("my.keep")} onConfirm={() => leaving.mutate(one.id)}>
            <Button loading={leaving.isPending}>{t("waits.withdraw")}</Button>
          </Popconfirm>
        )}
        {one.state === "offered" && <Button type="primary" loading={accepting.isPending} onClick={() => accepting.mutate(one.id)}>{t("waits.accept")}</Button>}
      </div>
    </article>
  );
}

export function WaitlistPage() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  useFeed();
  const found = useQuery(waitlist);
  const view = search.get("view") === "past" ? "past" : "open";
  return (
    <>
      <PageHead title={t("waits.title")} lead={t("waits.lead")}
        tools={
          <Segmented value={view} onChange={(next) => setSearch(next === "past" ? { view: next } : {})} aria-label={t("waits.title")}
            options={(["open", "past"] as const).map((one) => ({ value: one, label: t(`waits.${one}`) }))} />
        } />
      <MyTabs />
      <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>
        {(list) => {
          const shown = list.items.filter((one) => isOpen(one) === (view === "open"))
            .sort((a, b) => Number(b.state === "offered") - Number(a.state === "offered"));
          const [first] = shown;
          if (!first) {
            return (
              <div className="panel">
                <Blank title={t("waits.empty")} lead={t("waits.emptyLead")} action={<Link to="/"><Button type="primary" tabIndex={-1}>{t("my.browse")}</Button></Link>} />
              </div>
            );
          }
          return <div className="stack">{shown.map((one) => <WaitCard key={one.id} one={one} />)}<ZoneNote zone={zoneOf(first.instrument)} /></div>;
        }}
      </Answer>
    </>
  );
}
