/** The tablet beside an instrument: who is at it, who is next, check in and leave by PIN. */

import { Button } from "antd";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";

import { signOut } from "../../api/calls";
import { isProblem } from "../../api/http";
import { type Kiosk, kiosk, type Turn } from "../../api/lease";
import { pick, setLang, useLang } from "../../i18n";
import { dayKey, formatClock, formatDay } from "../../lib/time";
import { StateMark, ToneTag } from "../../parts/marks";
import { useNow } from "../../parts/now";
import { useTitle } from "../../parts/page";
import { Answer, Blank, Loading } from "../../parts/states";
import { usePerson } from "../../shell/access";
import "./kiosk.css";
import { Pad } from "./pad";

/** Who walks away leaves nothing behind: the tablet goes back by itself. */
const IDLE_MS = 30_000;

function TurnRow({ one, zone, now }: { one: Turn; zone: string; now: number }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [from, opens] = [Date.parse(one.starts_at), Date.parse(one.check_in_opens_at)];
  const isToday = dayKey(from, zone) === dayKey(now, zone);
  return (
    <li data-turn={one.state}>
      <b className="num">{isToday ? "" : `${formatDay(from, zone, lang)} `}{formatClock(from, zone)}–{formatClock(Date.parse(one.ends_at), zone)}</b>
      <span>{one.who}</span>
      {now >= opens ? <ToneTag tone="running">{t("booth.canNow")}</ToneTag> : <span className="soft num">{t("booth.opens", { at: formatClock(opens, zone) })}</span>}
    </li>
  );
}

function Wall({ shown, start }: { shown: Kiosk; start: (verb: "check-in" | "end") => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useNow();
  const zone = shown.instrument.time_zone;
  const at = shown.turns.find((one) => one.state !== "reserved");
  const next = shown.turns.filter((one) => one.state === "reserved");
  const broken = shown.condition === "faulty" || shown.condition === "in_repair" || shown.condition === "scrapped" ? shown.condition : null;
  const over = at ? now > Date.parse(at.ends_at) : false;
  return (
    <>
      <section className={`booth-now ${at ? "busy" : "free"}`} data-now={at?.state ?? "free"}>
        <h2>{broken ? t(`booth.broken.${broken}`) : at ? t("booth.now") : t("booth.free")}</h2>
        {at && (
          <p className="num">
            {at.who} · {t("booth.until", { at: formatClock(Date.parse(at.ends_at), zone) })} {over && <b>{t("booth.overdue")}</b>}
          </p>
        )}
        {shown.live && <p><StateMark state={shown.live.state} /></p>}
      </section>
      <div className="booth-acts">
        <button type="button" className="booth-button" disabled={broken !== null} onClick={() => start("check-in")}>{t("booth.checkIn")}</button>
        <button type="button" className="booth-button plain" disabled={!at} onClick={() => start("end")}>{t("booth.end")}</button>
      </div>
      <section className="booth-next" aria-labelledby="next-title">
        <h2 id="next-title">{t("booth.next")}</h2>
        {next.length === 0 ? <p className="soft">{t("booth.noNext")}</p>
          : <ul>{next.map((one) => <TurnRow key={one.starts_at} one={one} zone={zone} now={now} />)}</ul>}
        <p className="faint" lang={lang === "zh" ? "zh-CN" : "en"}>{t("booth.noPin")}</p>
      </section>
    </>
  );
}

function SignedInWarning() {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const person = usePerson();
  const leaving = useMutation({ mutationFn: signOut, onSettled: () => cache.setQueryData(["me"], null) });
  if (!person.data) return null;
  return (
    <div className="booth-warning" role="alert">
      {t("booth.signedIn")}
      <Button size="small" loading={leaving.isPending} onClick={() => leaving.mutate()}>{t("booth.signOut")}</Button>
    </div>
  );
}

function useIdle(after: number, active: boolean, leave: () => void): void {
  const told = useEffectEvent(leave);
  useEffect(() => {
    if (!active) return undefined;
    let timer = window.setTimeout(() => told(), after);
    const again = (): void => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => told(), after);
    };
    const heard = ["pointerdown", "keydown"] as const;
    for (const name of heard) window.addEventListener(name, again);
    return () => {
      window.clearTimeout(timer);
      for (const name of heard) window.removeEventListener(name, again);
    };
  }, [active, after]);
}

function Booth({ shown, code }: { shown: Kiosk; code: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useNow();
  const [verb, setVerb] = useState<"check-in" | "end" | null>(null);
  const name = pick(lang, shown.instrument, "name");
  useTitle(`${t("booth.title")} · ${name}`);
  useIdle(IDLE_MS, verb !== null, () => setVerb(null));
  return (
    <div className="booth" data-kiosk={code}>
      <header className="booth-head">
        <div><h1>{name}</h1><p>{shown.instrument.code} · {shown.instrument.location}</p></div>
        <div className="booth-clock">
          <span className="num">{formatClock(now, shown.instrument.time_zone)}</span>
          <button type="button" lang={lang === "zh" ? "en" : "zh-CN"} onClick={() => void setLang(lang === "zh" ? "en" : "zh")}>{t("language.short")}</button>
        </div>
      </header>
      <SignedInWarning />
      {verb ? <Pad key={verb} code={code} verb={verb} zone={shown.instrument.time_zone} leave={() => setVerb(null)} /> : <Wall shown={shown} start={setVerb} />}
    </div>
  );
}

export function KioskPage() {
  const { t } = useTranslation();
  const { code = "" } = useParams();
  const found = useQuery(kiosk(code));
  if (isProblem(found.error, 404)) return <div className="panel"><Blank title={t("booth.unknown")} lead={t("booth.unknownLead")} /></div>;
  return <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>{(shown) => <Booth shown={shown} code={code} />}</Answer>;
}
