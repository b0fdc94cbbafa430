/** One reservation: where it stands, what can be done, what the instrument and the meter say. */

import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { Interlock, Reservation, Usage } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { formatFen } from "../../lib/money";
import { isOpen, PROGRESS, progressOf } from "../../lib/progress";
import { formatClock, formatInstant, formatLength, formatSpan } from "../../lib/time";
import { Age, ReservationTag, ToneTag } from "../../parts/marks";
import { useMinute } from "../../parts/now";
import { zoneOf } from "../../parts/page";
import { usePerson } from "../../shell/access";
import { Acts } from "../reservation/acts";

export function ProgressLine({ one, zone }: { one: Reservation; zone: string }) {
  const { t } = useTranslation();
  const { reached, left } = progressOf(one.state, one.transitions.map((each) => each.to));
  const reachedAt = new Map(one.transitions.map((each) => [each.to, each.at]));
  return (
    <ol className="line" aria-label={t("my.progress")}>
      {PROGRESS.map((step, index) => {
        const isLeft = left !== null && index === reached + 1;
        const at = reachedAt.get(isLeft ? left : step);
        const kind = isLeft ? "left" : index <= reached ? (index === reached && !left ? "done now" : "done") : "";
        return (
          <li key={step} className={kind} {...(index === reached && !left ? { "aria-current": "step" as const } : {})}>
            {t(`reservation.${isLeft ? left : step}`)}
            {at && <small className="num">{formatClock(Date.parse(at), zone)}</small>}
          </li>
        );
      })}
    </ol>
  );
}

function useLockWord(): (state: string | null) => string {
  const { t } = useTranslation();
  return (state) => (state === "locked" || state === "unlocked" ? t(`my.${state}`) : t("my.unknown"));
}

export function InterlockBox({ interlock, zone }: { interlock: Interlock; zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const word = useLockWord();
  const agree = interlock.wanted === interlock.reported;
  return (
    <section className="box" data-interlock={interlock.reported || "unknown"}>
      <h3>{t("my.interlock")}</h3>
      <div className="row tight">
        <ToneTag tone={agree ? (interlock.reported === "unlocked" ? "running" : "idle") : "attention"}>{t("my.reportedIs", { state: word(interlock.reported) })}</ToneTag>
        <span className="faint">{t("my.wantedIs", { state: word(interlock.wanted) })}</span>
      </div>
      <p className="faint" style={{ marginTop: 6 }}>
        {interlock.lease_until && interlock.wanted === "unlocked" && <>{t("my.leaseUntil", { at: formatInstant(Date.parse(interlock.lease_until), zone, lang) })} · </>}
        <Age at={interlock.at} />
      </p>
    </section>
  );
}

export function UsageBox({ usage }: { usage: Usage }) {
  const { t } = useTranslation();
  const lang = useLang();
  const rows = [
    ["bucket-warm", t("my.warmUp"), usage.buckets.warm_up_ms],
    ["bucket-run", t("my.run"), usage.buckets.run_ms],
    ["bucket-cool", t("my.coolDown"), usage.buckets.cool_down_ms],
  ] as const;
  const total = rows.reduce((sum, [, , ms]) => sum + ms, 0) || 1;
  return (
    <section className="box" data-usage={usage.id}>
      <h3>{t("my.session")} · {t("my.metered")}</h3>
      <div className="row tight"><span className="figure num">{formatLength(usage.metered_ms, lang)}</span>
        {usage.state === "needs_review" && <ToneTag tone="attention">{t("my.needsReview")}</ToneTag>}</div>
      <div className="buckets" aria-hidden="true">{rows.map(([kind, , ms]) => <i key={kind} className={kind} style={{ width: `${(ms / total) * 100}%` }} />)}</div>
      <div className="row tight faint">
        {rows.map(([kind, word, ms]) => <span key={kind} className="nowrap"><i className={`swatch ${kind}`} />{word} <span className="num">{formatLength(ms, lang)}</span></span>)}
      </div>
      <p className="faint">{t("my.coverage", { percent: Math.round(usage.coverage_percent * 10) / 10 })}</p>
    </section>
  );
}

function WhenNote({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  const [from, to] = [Date.parse(one.starts_at), Date.parse(one.ends_at)];
  if (!isOpen(one.state)) return null;
  if (now < from) return <span className="faint">{t("my.startsIn", { length: formatLength(Math.ceil((from - now) / 60_000) * 60_000, lang) })}</span>;
  if (now < to) return <span className="faint">{t("my.endsIn", { length: formatLength(Math.ceil((to - now) / 60_000) * 60_000, lang) })}</span>;
  return null;
}

/** What is done in passing; the rest is done where all of it is seen. */
const ON_CARD = ["endorse", "turn-down", "confirm", "accept-time", "decline-time", "check-in", "end", "cancel", "dispute"] as const;

export function ReservationCard({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const lang = useLang();
  const zone = zoneOf(one.instrument);
  const person = usePerson();
  return (
    <article className="panel reservation" data-reservation={one.id} data-state={one.state}>
      <div>
        <div className="row tight">
          <h2><Link to={`/reservations/${one.id}`}>{pick(lang, one.instrument, "name")}</Link></h2>
          <ReservationTag state={one.state} />
        </div>
        <div className="row tight"><span className="num">{formatSpan(Date.parse(one.starts_at), Date.parse(one.ends_at), zone, lang)}</span><WhenNote one={one} /></div>
        {person.data && one.holder.id !== person.data.id && <div className="faint">{t("lease.holder")}: {one.holder.display_name}</div>}
        {one.purpose && <div className="faint">{t("my.purposeIs", { purpose: one.purpose })}</div>}
      </div>
      <Acts one={one} only={ON_CARD} />
      <div className="reservation-body">
        <ProgressLine one={one} zone={zone} />
        <div className="boxes">
          {one.interlock && isOpen(one.state) && <InterlockBox interlock={one.interlock} zone={zone} />}
          {one.usage && <UsageBox usage={one.usage} />}
          {one.charge ? (
            <section className="box">
              <h3>{t("my.charge")}</h3>
              <div className="figure num" data-charge>{formatFen(one.charge.amount_fen, one.charge.currency)}</div>
              <Link to={`/charges/${one.charge.id}`}>{t("my.chargeOpen")} →</Link>
            </section>
          ) : one.estimate_fen !== null && isOpen(one.state) && (
            <section className="box">
              <h3>{t("my.charge")} · {t("my.estimate")}</h3>
              <div className="figure num">{formatFen(one.estimate_fen)}</div>
              <p className="faint">{t("booking.estimateNote")}</p>
            </section>
          )}
        </div>
      </div>
    </article>
  );
}
