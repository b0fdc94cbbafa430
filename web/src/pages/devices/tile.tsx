/** One device on the wall. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { series } from "../../api/calls";
import type { Device, LastValue } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { asLiveState, formatUnit, formatValue } from "../../lib/live";
import { formatClock, formatLength, MINUTE } from "../../lib/time";
import { seed, useHistory } from "../../live/history";
import { Age, StateMark, ToneTag } from "../../parts/marks";
import { useNow } from "../../parts/now";
import { LAB_ZONE } from "../../parts/page";
import { Sparkline } from "../../parts/sparkline";
import { metricName, protocolName } from "../device/metrics";

/** Counters and flags say little on a wall; what moves says more. */
const NOT_ON_THE_WALL = ["phase", "interlock", "run_ms", "cycles", "energy_wh", "status", "boot_counter", "fault_code"];

export function wallValues(device: Device): LastValue[] {
  const moving = device.last.filter((one) => !NOT_ON_THE_WALL.includes(one.key));
  const rank = (one: LastValue): number => (one.key === "power_w" ? 0 : one.key === "setpoint" ? 2 : 1);
  return moving.sort((a, b) => rank(a) - rank(b)).slice(0, 3);
}

function usePhaseWord(): (device: Device) => string | null {
  const { t } = useTranslation();
  return (device) => {
    const phase = device.phase?.replace("-", "_");
    return phase === "idle" || phase === "warm_up" || phase === "run" || phase === "cool_down" || phase === "fault" ? t(`phase.${phase}`) : null;
  };
}

export function LockNote({ device }: { device: Device }) {
  const { t } = useTranslation();
  const lock = device.interlock;
  if (!lock) return null;
  const word = (state: string | null): string => (state === "locked" || state === "unlocked" ? t(`my.${state}`) : t("my.unknown"));
  if (lock.wanted && lock.reported && lock.wanted !== lock.reported) {
    return <ToneTag tone="attention">{t("devices.interlockMismatch", { wanted: word(lock.wanted), reported: word(lock.reported) })}</ToneTag>;
  }
  if (lock.reported === "unlocked") return <ToneTag tone="running">{t("devices.interlockUnlocked")}</ToneTag>;
  if (lock.reported === "locked") return <ToneTag tone="idle">{t("devices.interlockLocked")}</ToneTag>;
  return <ToneTag tone="attention">{t("devices.interlockUnknown")}</ToneTag>;
}

export function NowLine({ device }: { device: Device }) {
  const { t } = useTranslation();
  const lang = useLang();
  const phaseWord = usePhaseWord();
  const phase = phaseWord(device);
  const { reservation, session } = device;
  const who = reservation ? [reservation.enterprise, reservation.holder].filter(Boolean).join(" · ") : null;
  return (
    <div className="tile-now">
      <div className="clip">
        {device.state !== "offline" && phase && <b>{phase}</b>}
        {session && <span className="soft num">{phase ? " · " : ""}{t("devices.session", { length: formatLength(session.run_ms, lang) })}</span>}
        {!phase && !session && <span className="soft">{t(`stateLong.${asLiveState(device.state)}`)}</span>}
      </div>
      <div className="clip soft">
        {who ? <>{who} <span className="num">{reservation && `${formatClock(Date.parse(reservation.starts_at), LAB_ZONE)}–${formatClock(Date.parse(reservation.ends_at), LAB_ZONE)}`}</span></>
          : session ? <span style={{ color: "var(--attention)" }}>{t("devices.unreserved")}</span> : t("devices.idleNow")}
      </div>
    </div>
  );
}

const FRESH_MS = 60_000;

/** A value that has not moved on says how old it is. */
function OldNote({ at }: { at: string | null }) {
  const now = useNow();
  if (!at || now - Date.parse(at) < FRESH_MS) return null;
  return <span className="faint"><Age at={at} /></span>;
}

export function DeviceTile({ device, since }: { device: Device; since: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const state = asLiveState(device.state);
  const values = wallValues(device);
  const main = values[0]?.key ?? "power_w";
  const points = useHistory(device.name, main);
  const past = useQuery({ ...series(device.name, main, since, new Date(Date.parse(since) + 30 * MINUTE).toISOString(), 90), staleTime: Infinity, retry: false });
  const known = past.data;
  useEffect(() => {
    if (known) seed(device.name, known);
  }, [device.name, known]);
  return (
    <article className={`tile ${state}`} data-device={device.name} data-state={state}>
      <div className="spread">
        <h2 className="clip"><Link to={`/devices/${device.name}`}>{device.instrument ? pick(lang, device.instrument, "name") : device.name}</Link></h2>
        <StateMark state={device.state} />
      </div>
      <div className="faint clip"><span className="mono">{device.name}</span> · {device.model} · {protocolName(device.protocol)}</div>
      <NowLine device={device} />
      <dl className="values">
        {values.map((one) => (
          <div key={one.key} className="clip">
            <dt className="clip">{metricName(one, lang)}</dt>
            <dd className="num" data-metric={one.key}>{formatValue(one.value)}<small>{formatUnit(one.unit)}</small></dd>
            <OldNote at={one.at} />
          </div>
        ))}
      </dl>
      <Sparkline points={points} tone={state} label={t("devices.trend", { name: device.name, metric: values[0] ? metricName(values[0], lang) : main })} />
      <div className="row tight" style={{ minHeight: 24 }}>
        <LockNote device={device} />
        {device.alarms > 0 && <ToneTag tone="fault">{t("devices.alarms", { count: device.alarms })}</ToneTag>}
      </div>
      <div className="tile-foot"><span>{t("devices.seen")}</span>{device.seen_at ? <Age at={device.seen_at} /> : <span>{t("devices.never")}</span>}</div>
    </article>
  );
}
