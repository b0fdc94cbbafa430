/** Where it stands, why, and how long that lasts. */

import { useTranslation } from "react-i18next";

import type { Details } from "../../api/lease";
import type { Reservation } from "../../api/types";
import { useLang } from "../../i18n";
import { RESERVATION_STATES } from "../../lib/progress";
import { formatClock, formatInstant } from "../../lib/time";
import { Countdown } from "../../parts/countdown";
import { ReservationTag } from "../../parts/marks";
import { useMinute } from "../../parts/now";
import { zoneOf } from "../../parts/page";
import { ProgressLine } from "../my/reservation";

type Limit = "held" | "proposed" | "submitted" | "retimed" | "approved" | "check_in" | "missed" | "slot" | "objection" | "confirms";

interface Clock {
  limit: Limit;
  at: string;
}

/** What ends next for a reservation in its state. */
export function clockOf(one: Reservation, more: Details, now: number): Clock | null {
  switch (one.state) {
    case "held": case "proposed": case "submitted": case "retimed": case "approved":
      return one.expires_at ? { limit: one.state, at: one.expires_at } : null;
    case "reserved":
      return now < Date.parse(more.check_in_opens_at)
        ? { limit: "check_in", at: more.check_in_opens_at }
        : { limit: "missed", at: more.missed_at };
    case "checked_in": case "in_use":
      return { limit: "slot", at: one.ends_at };
    case "metered": case "confirmed":
      return more.objection_ends_at && now < Date.parse(more.objection_ends_at) ? { limit: "objection", at: more.objection_ends_at } : null;
    default:
      return null;
  }
}

function useWhy(): (one: Reservation, more: Details) => string {
  const { t } = useTranslation();
  return (one, more) => {
    const zone = zoneOf(one.instrument);
    const state = RESERVATION_STATES.find((known) => known === one.state);
    if (!state) return "";
    if (state === "cancelled") {
      const as = one.cancelled_as === "late" || one.cancelled_as === "by_lab" ? one.cancelled_as : "free";
      return t(`lease.why.cancelled.${as}`);
    }
    if (state === "metered" && one.usage?.state === "needs_review") return t("lease.why.meteredReview");
    return t(`lease.why.${state}`, {
      opens: formatClock(Date.parse(more.check_in_opens_at), zone), missed: formatClock(Date.parse(more.missed_at), zone),
    });
  };
}

export function Standing({ one, more }: { one: Reservation; more: Details }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  const whyOf = useWhy();
  const zone = zoneOf(one.instrument);
  const clock = clockOf(one, more, now);
  const last = one.transitions.at(-1);
  return (
    <section className="panel" aria-label={t("my.progress")} data-standing={one.state}>
      <div className="panel-body stack">
        <div className="row">
          <ReservationTag state={one.state} />
          {clock && (
            <span className="row tight">
              <span className="soft">{t(`lease.limits.${clock.limit}`)} <b className="num">{formatInstant(Date.parse(clock.at), zone, lang)}</b></span>
              <Countdown until={clock.at} />
            </span>
          )}
        </div>
        <p>{whyOf(one, more)}</p>
        {last?.reason && ["rejected", "retimed", "cancelled", "interrupted", "disputed"].includes(one.state) && (
          <blockquote className="said"><span className="soft">{last.by ?? t("lease.platform")}</span>{last.reason}</blockquote>
        )}
        {more.confirms_at && one.state === "metered" && (
          <p className="faint num">{t("lease.limits.confirms")} {formatInstant(Date.parse(more.confirms_at), zone, lang)}</p>
        )}
        <ProgressLine one={one} zone={zone} />
      </div>
    </section>
  );
}
