/** What the QR code on an instrument opens: what it is, what it does, and one's own turn at it. */

import { Button, Popconfirm } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";

import { instrument, reservations } from "../api/calls";
import { isProblem, put } from "../api/http";
import { label } from "../api/lease";
import type { Instrument } from "../api/types";
import { pick, useLang } from "../i18n";
import { OPEN_STATES } from "../lib/progress";
import { formatInstant, formatSpan } from "../lib/time";
import { useFeed } from "../live/feed";
import { useActing } from "../parts/acting";
import { Age, ReservationTag, StateTone, ToneTag } from "../parts/marks";
import { PageHead, zoneOf, ZoneNote } from "../parts/page";
import { Answer, Blank, Loading } from "../parts/states";
import { reserves, usePerson } from "../shell/access";
import { useSignIn } from "../shell/sign-in";
import { Acts } from "./reservation/acts";

function Mine({ one }: { one: Instrument }) {
  const { t } = useTranslation();
  const lang = useLang();
  const person = usePerson();
  const { ask } = useSignIn();
  const found = useQuery({ ...reservations({ mine: true, instrument_id: one.id, state: OPEN_STATES }, 1), enabled: reserves(person.data) });
  if (!person.data) return <Button type="primary" size="large" block onClick={() => ask()}>{t("tag.signIn")}</Button>;
  if (!reserves(person.data)) return null;
  const zone = zoneOf(one);
  return (
    <section className="panel" aria-labelledby="yours-title">
      <header><h2 id="yours-title">{t("tag.yours")}</h2></header>
      <Answer query={found} loading={<Loading rows={2} />}>
        {(list) => {
          const soonest = [...list.items].sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at)).slice(0, 3);
          if (soonest.length === 0) return <p className="panel-body soft">{t("tag.noneYours")}</p>;
          return (
            <ul className="panel-body stack">
              {soonest.map((each) => (
                <li key={each.id} className="stack" style={{ gap: 8 }} data-reservation={each.id} data-state={each.state}>
                  <div className="row tight">
                    <Link className="num" to={`/reservations/${each.id}`}>{formatSpan(Date.parse(each.starts_at), Date.parse(each.ends_at), zone, lang)}</Link>
                    <ReservationTag state={each.state} />
                  </div>
                  <Acts one={each} only={["confirm", "accept-time", "end", "extend", "check-in"]} />
                </li>
              ))}
            </ul>
          );
        }}
      </Answer>
    </section>
  );
}

type Condition = "working" | "faulty" | "in_repair" | "scrapped";
const CONDITIONS: readonly Condition[] = ["working", "faulty", "in_repair", "scrapped"];

/** Whoever stands before it and belongs to the lab says whether it works. */
function Fault({ one }: { one: Instrument }) {
  const { t } = useTranslation();
  const person = usePerson();
  const saying = useActing((condition: Condition) => put(`/instruments/${encodeURIComponent(one.id)}/condition`, { condition, is_off_calibration: false }),
    { touches: ["instrument", "instruments", "calendar"], said: t(one.condition === "working" ? "tag.faultDone" : "tag.workingDone") });
  const isOurs = person.data?.institution?.id === one.institution.id && person.data.roles.some((role) => role === "technician" || role === "institution_manager");
  if (!isOurs) return null;
  if (one.condition !== "working") return <Button loading={saying.isPending} onClick={() => saying.mutate("working")}>{t("tag.working")}</Button>;
  return (
    <Popconfirm title={t("tag.fault")} description={t("tag.faultAsk")} okText={t("tag.fault")} okButtonProps={{ danger: true }} cancelText={t("common.close")} onConfirm={() => saying.mutate("faulty")}>
      <Button danger loading={saying.isPending}>{t("tag.fault")}</Button>
    </Popconfirm>
  );
}

function Shown({ one, code }: { one: Instrument; code: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const condition = CONDITIONS.find((known) => known === one.condition) ?? "working";
  return (
    <div data-label={code} style={{ maxWidth: 640, margin: "0 auto" }}>
      <PageHead title={pick(lang, one, "name")} lead={`${one.code} · ${one.location} · ${pick(lang, one.institution, "name")}`} />
      <div className="stack">
        <section className="panel panel-body stack" aria-label={t("tag.lead")}>
          {(one.live !== null || condition !== "working") && <div className="row">
            {one.live && <><StateTone state={one.live.state} /><span className="faint"><Age at={one.live.at} /></span></>}
            {condition !== "working" && <ToneTag tone="fault">{t(`tag.condition.${condition}`)}</ToneTag>}
          </div>}
          <p>{pick(lang, one, "description")}</p>
          {one.next_free_at && <p className="soft num">{t("tag.nextFree")} {formatInstant(Date.parse(one.next_free_at), one.time_zone, lang)}</p>}
        </section>
        <Mine one={one} />
        <div className="row">
          <Link to={`/instruments/${one.id}`}><Button type="primary" tabIndex={-1}>{t("tag.book")}</Button></Link>
          <Link to={`/kiosk/${code}`}><Button tabIndex={-1}>{t("tag.kiosk")}</Button></Link>
          <Fault one={one} />
        </div>
        <ZoneNote zone={one.time_zone} />
      </div>
    </div>
  );
}

function Labelled({ id, code }: { id: string; code: string }) {
  const found = useQuery(instrument(id));
  return <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>{(one) => <Shown one={one} code={code} />}</Answer>;
}

export function LabelPage() {
  const { t } = useTranslation();
  const { code = "" } = useParams();
  useFeed();
  const found = useQuery(label(code));
  if (isProblem(found.error, 404)) return <div className="panel"><Blank title={t("booth.unknown")} lead={t("booth.unknownLead")} /></div>;
  return <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>{(one) => <Labelled id={one.instrument_id} code={one.code} />}</Answer>;
}
