/** One reservation: where it stands, what can be done, what the instrument and the meter say. */

import { App, Button, Popconfirm } from "antd";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { act, type ReservationVerb } from "../../api/calls";
import { isProblem, newKey } from "../../api/http";
import type { Interlock, Reservation, Usage } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { formatFen } from "../../lib/money";
import { isOpen, PROGRESS, progressOf } from "../../lib/progress";
import { formatClock, formatInstant, formatLength, formatSpan } from "../../lib/time";
import { Age, ReservationTag, ToneTag } from "../../parts/marks";
import { useMinute } from "../../parts/now";
import { zoneOf } from "../../parts/page";
import { useProblemText } from "../../parts/states";
import { Answers } from "./answers";

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

function Actions({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const { message } = App.useApp();
  const textOf = useProblemText();
  const keys = useRef(new Map<ReservationVerb, string>());
  const acting = useMutation({
    mutationFn: (verb: ReservationVerb) => {
      const key = keys.current.get(verb) ?? newKey();
      keys.current.set(verb, key);
      return act(one.id, verb, key);
    },
    onSuccess: (_, verb) => void message.success(t(verb === "check-in" ? "my.checkedIn" : verb === "cancel" ? "my.cancelled" : "my.ended")),
    onError: (error, verb) => {
      if (isProblem(error) && error.status > 0) keys.current.delete(verb);
      void message.error(isProblem(error) ? textOf(error) : t("error.server"));
    },
    onSettled: () => {
      for (const name of ["reservations", "reservation", "calendar", "devices"]) void cache.invalidateQueries({ queryKey: [name] });
    },
  });
  const busy = (verb: ReservationVerb): boolean => acting.isPending && acting.variables === verb;
  return (
    <div className="row">
      <Answers one={one} />
      {one.can.cancel && (
        <Popconfirm title={t("my.cancelAsk")} description={t("my.cancelAskLead")} okText={t("my.cancel")} cancelText={t("my.keep")} okButtonProps={{ danger: true }}
          onConfirm={() => acting.mutate("cancel")}>
          <Button loading={busy("cancel")}>{t("my.cancel")}</Button>
        </Popconfirm>
      )}
      {one.can.end && (
        <Popconfirm title={t("my.endAsk")} description={t("my.endAskLead")} okText={t("my.end")} cancelText={t("my.keep")} onConfirm={() => acting.mutate("end")}>
          <Button loading={busy("end")}>{t("my.end")}</Button>
        </Popconfirm>
      )}
      {one.can.check_in && <Button type="primary" loading={busy("check-in")} onClick={() => acting.mutate("check-in")}>{t("my.checkIn")}</Button>}
    </div>
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

export function ReservationCard({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const lang = useLang();
  const zone = zoneOf(one.instrument);
  return (
    <article className="panel reservation" data-reservation={one.id} data-state={one.state}>
      <div>
        <div className="row tight">
          <h2><Link to={`/instruments/${one.instrument.id}`}>{pick(lang, one.instrument, "name")}</Link></h2>
          <ReservationTag state={one.state} />
        </div>
        <div className="row tight"><span className="num">{formatSpan(Date.parse(one.starts_at), Date.parse(one.ends_at), zone, lang)}</span><WhenNote one={one} /></div>
        {one.purpose && <div className="faint">{t("my.purposeIs", { purpose: one.purpose })}</div>}
      </div>
      <Actions one={one} />
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
        {one.transitions.length > 0 && (
          <details>
            <summary className="faint" style={{ cursor: "pointer" }}>{t("my.history")}</summary>
            <ul style={{ marginTop: 6 }}>
              {one.transitions.map((each, index) => (
                <li key={index} className="row tight" style={{ padding: "2px 0" }}>
                  <span className="num faint">{formatInstant(Date.parse(each.at), zone, lang)}</span>
                  <ReservationTag state={each.to} />
                  {each.by && <span className="faint">{t("my.by", { who: each.by })}</span>}
                  {each.reason && <span className="faint">{each.reason}</span>}
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </article>
  );
}
