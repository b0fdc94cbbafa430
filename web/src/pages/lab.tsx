/** The lab today: four columns, one screen. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { devices, reservations } from "../api/calls";
import { penalties } from "../api/lease";
import type { Device, Reservation } from "../api/types";
import { pick, useLang } from "../i18n";
import { asLiveState, byNeed } from "../lib/live";
import { OPEN_STATES } from "../lib/progress";
import { DAY, dayKey, formatAge, formatClock, formatDay, formatLength } from "../lib/time";
import { useFeed } from "../live/feed";
import { ReservationTag } from "../parts/marks";
import { useMinute } from "../parts/now";
import { LAB_ZONE, PageHead, ZoneNote } from "../parts/page";
import { Answer, Loading } from "../parts/states";
import { usePerson, worksAtInstitution } from "../shell/access";
import { ConfirmUsage, Decide } from "./decide";
import { Pulse } from "./devices/page";
import { LabTabs } from "./manage/tabs";
import { pile } from "./manage/usage/asked";
import { standingOf } from "./penalties";
import { Acts } from "./reservation/acts";

interface Item {
  key: string;
  tone: string;
  title: string;
  to: string;
  lines: ReactNode[];
}

function Column({ title, items, none, hot = false }: { title: string; items: Item[]; none: string; hot?: boolean }) {
  return (
    <section className="panel">
      <header><h2>{title}</h2><span className={`count num ${hot && items.length ? "hot" : ""}`}>{items.length}</span></header>
      <div className="panel-body">
        {items.length === 0 && <p className="faint" style={{ padding: "10px 8px" }}>{none}</p>}
        {items.map((one) => (
          <article key={one.key} className={`work ${one.tone}`}>
            <Link to={one.to}>{one.title}</Link>
            {one.lines.map((line, index) => <div key={index} className="faint">{line}</div>)}
          </article>
        ))}
      </div>
    </section>
  );
}

/** What waits for the lab beside reservations: uses to explain, appeals to decide. */
function useDesks(): Item[] {
  const { t } = useTranslation();
  const now = useMinute();
  const { data: person } = usePerson();
  const works = worksAtInstitution(person);
  const manages = works && !!person?.roles.includes("institution_manager");
  const uses = useInfiniteQuery({ ...pile("unreserved", null), enabled: works });
  const bans = useQuery({ ...penalties, enabled: manages });
  const count = uses.data?.pages[0]?.counts.unreserved ?? 0;
  const appeals = manages ? (bans.data?.items ?? []).filter((one) => standingOf(one, now) === "appealed") : [];
  return [
    ...(count > 0 ? [{ key: "unreserved", tone: "attention", title: t("lab.unexplained"), to: "/lab/usage?pile=unreserved", lines: [t("lab.unexplainedCount", { count })] }] : []),
    ...appeals.map((one) => ({ key: one.id, tone: "attention", title: t("lab.appeal"), to: "/lab/penalties", lines: [one.person] })),
  ];
}

function useColumns(fleet: Device[], plans: Reservation[]): { inUse: Item[]; next: Item[]; waiting: Item[]; alarms: Item[] } {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  const zone = LAB_ZONE;
  const deviceOf = new Map(fleet.flatMap((one) => (one.instrument ? [[one.instrument.id, one] as const] : [])));
  const place = (one: Reservation): string => {
    const device = deviceOf.get(one.instrument.id);
    return device ? `/devices/${device.name}` : `/instruments/${one.instrument.id}`;
  };
  const who = (one: Reservation): string => [one.enterprise.name, one.holder.display_name].filter(Boolean).join(" · ");
  const item = (one: Reservation, tone: string, ...lines: ReactNode[]): Item => ({ key: one.id, tone, title: pick(lang, one.instrument, "name"), to: place(one), lines: [<Link key="who" to={`/reservations/${one.id}`} style={{ fontWeight: 400 }}>{who(one)}</Link>, ...lines] });
  const when = (one: Reservation): string => `${formatClock(Date.parse(one.starts_at), zone)}–${formatClock(Date.parse(one.ends_at), zone)}`;
  const soonest = [...plans].sort((a, b) => Date.parse(a.starts_at) - Date.parse(b.starts_at));
  const name = (one: Device): string => (one.instrument ? pick(lang, one.instrument, "name") : one.name);

  const inUse = soonest.filter((one) => one.state === "in_use" || one.state === "checked_in").map((one) => {
    const over = now - Date.parse(one.ends_at);
    return item(one, over > 0 ? "attention" : "running",
      <span className="row tight num"><ReservationTag state={one.state} />{over > 0 ? t("lab.overdue", { length: formatLength(over, lang) }) : t("lab.until", { at: formatClock(Date.parse(one.ends_at), zone) })}</span>);
  });
  const reserved = new Set(soonest.filter((one) => one.state === "in_use" || one.state === "checked_in").map((one) => one.instrument.id));
  for (const one of fleet) {
    if (one.session && !one.reservation && !(one.instrument && reserved.has(one.instrument.id))) {
      inUse.push({ key: one.id, tone: "attention", title: name(one), to: `/devices/${one.name}`, lines: [t("lab.unreserved")] });
    }
  }
  const ahead = soonest.filter((one) => one.state === "reserved" && Date.parse(one.ends_at) > now);
  const next = ahead.filter((one) => Date.parse(one.starts_at) > now).slice(0, 8).map((one) => {
    const today = dayKey(Date.parse(one.starts_at), zone) === dayKey(now, zone);
    return item(one, "", <span className="num">{today ? "" : `${formatDay(Date.parse(one.starts_at), zone, lang)} `}{when(one)}</span>);
  });
  const waiting = [
    ...soonest.filter((one) => one.state === "submitted").map((one) => item(one, "attention", <span className="num">{formatDay(Date.parse(one.starts_at), zone, lang)} {when(one)}</span>, <Decide one={one} />)),
    ...ahead.filter((one) => Date.parse(one.starts_at) <= now).map((one) => item(one, "attention", <span className="num">{when(one)} · {t("lab.notCheckedIn")}</span>)),
    ...ahead.filter((one) => one.acts.includes("samples") && Date.parse(one.starts_at) < now + DAY).map((one) => item(one, "attention", <span className="num">{formatDay(Date.parse(one.starts_at), zone, lang)} {when(one)} · {t("lab.samples")}</span>, <Acts one={one} only={["samples"]} />)),
    ...soonest.filter((one) => one.state === "metered" && one.usage?.state === "needs_review").map((one) => item(one, "attention", <span className="num">{formatDay(Date.parse(one.starts_at), zone, lang)} {when(one)} · {t("lab.review")}</span>, <ConfirmUsage one={one} />)),
    ...soonest.filter((one) => one.state === "disputed").map((one) => item(one, "attention", <span className="num">{formatDay(Date.parse(one.starts_at), zone, lang)} {when(one)} · {t("acts.disputedUse")}</span>)),
    ...useDesks(),
  ];
  const alarms = [...fleet].sort(byNeed).flatMap((one): Item[] => {
    const state = asLiveState(one.state);
    const mismatch = !!one.interlock?.wanted && !!one.interlock.reported && one.interlock.wanted !== one.interlock.reported;
    const lines: ReactNode[] = [];
    if (state === "offline") lines.push(t("lab.offline", { age: one.seen_at ? formatAge(now - Date.parse(one.seen_at), lang) : t("devices.never") }));
    if (state === "fault") lines.push(t("lab.faulty"));
    if (one.alarms > 0) lines.push(t("lab.alarmCount", { count: one.alarms }));
    if (mismatch) lines.push(t("lab.mismatch"));
    if (state === "attention" && lines.length === 0) lines.push(t("lab.attention"));
    if (lines.length === 0) return [];
    return [{ key: one.id, tone: state === "offline" ? "offline" : state === "fault" || one.alarms > 0 ? "fault" : "attention", title: name(one), to: `/devices/${one.name}`, lines }];
  });
  return { inUse, next, waiting, alarms };
}

function Columns({ fleet, plans }: { fleet: Device[]; plans: Reservation[] }) {
  const { t } = useTranslation();
  const { inUse, next, waiting, alarms } = useColumns(fleet, plans);
  return (
    <div className="columns">
      <Column title={t("lab.inUse")} items={inUse} none={t("lab.noInUse")} />
      <Column title={t("lab.next")} items={next} none={t("lab.noNext")} />
      <Column title={t("lab.waiting")} items={waiting} none={t("lab.noWaiting")} hot />
      <Column title={t("lab.alarms")} items={alarms} none={t("lab.noAlarms")} hot />
    </div>
  );
}

export function LabPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  useFeed();
  const fleet = useQuery(devices);
  const open = useQuery(reservations({ state: OPEN_STATES }));
  const over = useQuery(reservations({ state: ["ended", "metered", "disputed"] }, 1));
  const loading = <div className="panel"><Loading rows={8} /></div>;
  return (
    <>
      <LabTabs />
      <PageHead title={t("lab.title")} lead={`${formatDay(now, LAB_ZONE, lang)} · ${t("lab.lead")}`} tools={<Pulse />} />
      <Answer query={fleet} loading={loading}>
        {(found) => (
          <Answer query={open} loading={loading}>
            {(listed) => <div className="stack"><Columns fleet={found.items} plans={[...listed.items, ...(over.data?.items ?? [])]} /><ZoneNote zone={LAB_ZONE} /></div>}
          </Answer>
        )}
      </Answer>
    </>
  );
}
