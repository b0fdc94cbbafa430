/** Who did what when, the last thing first. */

import { useTranslation } from "react-i18next";

import type { HistoryEntry } from "../../api/lease";
import { useLang } from "../../i18n";
import { zh } from "../../i18n/zh";
import { formatInstant, formatSpan } from "../../lib/time";
import { ReservationTag } from "../../parts/marks";

type Reason = keyof typeof zh.lease.reasons;

/** What the platform notes in its own words is said in the reader's; what people wrote stays. */
export function useReason(): (reason: string) => string {
  const { t } = useTranslation();
  return (reason) => (reason in zh.lease.reasons ? t(`lease.reasons.${reason as Reason}`) : reason);
}

function What({ entry, zone }: { entry: HistoryEntry; zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const former = entry.former && formatSpan(Date.parse(entry.former.starts_at), Date.parse(entry.former.ends_at), zone, lang);
  const whom = entry.whom ?? "—";
  switch (entry.kind) {
    case "rescheduled":
      return <span>{t("lease.happened.rescheduled", { former })}</span>;
    case "extended":
      return <span>{t("lease.happened.extended", { former })}</span>;
    case "handed_over":
      return <span>{t("lease.happened.handed_over", { whom })}</span>;
    case "assigned":
      return <span>{t("lease.happened.assigned", { whom })}</span>;
    default:
      return <ReservationTag state={entry.to_state ?? ""} />;
  }
}

export function History({ entries, zone }: { entries: HistoryEntry[]; zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const reasonOf = useReason();
  return (
    <section className="panel" aria-labelledby="history-title">
      <header><h2 id="history-title">{t("lease.history")}</h2></header>
      <ol className="history panel-body" data-history>
        {[...entries].reverse().map((entry, index) => (
          <li key={entries.length - index} data-kind={entry.to_state ?? entry.kind}>
            <time className="num faint" dateTime={entry.at}>{formatInstant(Date.parse(entry.at), zone, lang)}</time>
            <div>
              <div className="row tight"><What entry={entry} zone={zone} /><span className="soft">{entry.by ?? t("lease.platform")}</span></div>
              {entry.reason && <p className="soft">{reasonOf(entry.reason)}</p>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}
