/** Beside the flow: who and what, the money, the questions, the other parts. */

import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { Details } from "../../api/lease";
import type { Reservation } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { zh } from "../../i18n/zh";
import { formatFen } from "../../lib/money";
import { formatSpan } from "../../lib/time";
import { ReservationTag, ToneTag } from "../../parts/marks";
import { zoneOf } from "../../parts/page";

type Attendance = keyof typeof zh.lease.attendances;

export function Facts({ one, more }: { one: Reservation; more: Details }) {
  const { t } = useTranslation();
  const lang = useLang();
  const rows: [string, ReactNode][] = [
    [t("lease.instrument"), <Link key="i" to={`/instruments/${one.instrument.id}`}>{pick(lang, one.instrument, "name")}</Link>],
    [t("lease.code"), <span key="c" className="mono">{one.instrument.code}</span>],
    [t("instrument.location"), one.instrument.location],
    [t("lease.holder"), one.holder.display_name],
    [t("lease.enterprise"), one.enterprise.name],
    ...(more.made_by ? [[t("lease.madeBy"), more.made_by] as [string, ReactNode]] : []),
    [t("lease.mode"), t(`lease.modes.${one.mode}`)],
    ...(one.mode === "assisted" ? [[t("lease.technician"), more.technician ?? t("lease.noTechnician")] as [string, ReactNode]] : []),
    ...(one.presence ? [[t("lease.presence"), t(`lease.presences.${one.presence}`)] as [string, ReactNode]] : []),
    ...(one.purpose ? [[t("lease.purpose"), one.purpose] as [string, ReactNode]] : []),
    ...(one.attendance && one.attendance in zh.lease.attendances
      ? [[t("lease.attendance"), t(`lease.attendances.${one.attendance as Attendance}`)] as [string, ReactNode]] : []),
  ];
  return (
    <section className="panel" aria-labelledby="facts-title">
      <header><h2 id="facts-title">{t("lease.facts")}</h2></header>
      <dl className="pair panel-body">
        {rows.map(([word, value]) => [<dt key={`${word}-t`}>{word}</dt>, <dd key={`${word}-d`}>{value}</dd>])}
      </dl>
    </section>
  );
}

export function Money({ one, more }: { one: Reservation; more: Details }) {
  const { t } = useTranslation();
  const { hold } = more;
  const holdState = hold?.state === "captured" || hold?.state === "released" ? hold.state : "held";
  return (
    <section className="panel" aria-labelledby="money-title">
      <header><h2 id="money-title">{t("lease.money")}</h2></header>
      <ul className="panel-body money">
        <li>
          <div className="spread"><span>{t("lease.quote")}</span><b className="num" data-quote>{one.estimate_fen === null ? t("catalogue.noPrice") : formatFen(one.estimate_fen)}</b></div>
          <p className="faint">{t("lease.quoteWhy")}</p>
        </li>
        <li>
          <div className="spread"><span>{t("lease.hold")}</span>{hold ? <b className="num">{formatFen(hold.amount_fen, hold.currency)}</b> : <span className="faint">{t("lease.noHold")}</span>}</div>
          {hold && hold.deposit_fen > 0 && <p className="faint num">{t("lease.deposit", { amount: formatFen(hold.deposit_fen, hold.currency) })}</p>}
          {hold && <ToneTag tone={holdState === "held" ? "attention" : "idle"}>{t(`lease.holds.${holdState}`, { amount: formatFen(hold.captured_fen, hold.currency) })}</ToneTag>}
        </li>
        {more.charges.length === 0 && <li className="spread"><span>{t("my.charge")}</span><span className="faint">{t("lease.noCharge")}</span></li>}
        {more.charges.map((charge) => (
          <li key={charge.id}>
            <div className="spread">
              <span>{charge.kind in zh.lease.charges ? t(`lease.charges.${charge.kind as keyof typeof zh.lease.charges}`) : charge.kind}</span>
              <b className="num" data-charge>{formatFen(charge.amount_fen, charge.currency)}</b>
            </div>
            <Link to={`/charges/${charge.id}`}>{t("my.chargeOpen")} →</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Questions({ items }: { items: Details["questions"] }) {
  const { t } = useTranslation();
  const lang = useLang();
  if (items.length === 0) return null;
  const say = (answer: unknown): string => {
    if (answer === null || answer === undefined || answer === "") return t("lease.unanswered");
    if (typeof answer === "boolean") return t(answer ? "lease.yes" : "lease.no");
    return typeof answer === "string" || typeof answer === "number" ? String(answer) : JSON.stringify(answer);
  };
  return (
    <section className="panel" aria-labelledby="questions-title">
      <header><h2 id="questions-title">{t("lease.questions")}</h2></header>
      <dl className="panel-body stack" style={{ gap: 8 }} data-questions>
        {items.map((one) => <div key={one.key}><dt className="soft">{pick(lang, one, "label")}</dt><dd>{say(one.answer)}</dd></div>)}
      </dl>
    </section>
  );
}

export function Together({ one, items }: { one: Reservation; items: Details["series"] }) {
  const { t } = useTranslation();
  const lang = useLang();
  if (items.length < 2) return null;
  const zone = zoneOf(one.instrument);
  return (
    <section className="panel" aria-labelledby="series-title">
      <header><h2 id="series-title">{t("lease.series", { count: items.length })}</h2></header>
      <ul className="panel-body stack" style={{ gap: 8 }} data-series>
        {items.map((part) => (
          <li key={part.id} className="row tight">
            {part.id === one.id
              ? <b className="num">{formatSpan(Date.parse(part.starts_at), Date.parse(part.ends_at), zone, lang)}</b>
              : <Link className="num" to={`/reservations/${part.id}`}>{formatSpan(Date.parse(part.starts_at), Date.parse(part.ends_at), zone, lang)}</Link>}
            {part.instrument_id !== one.instrument.id && <span className="faint">{pick(lang, part, "name")}</span>}
            <ReservationTag state={part.state} />
            {part.id === one.id && <span className="faint">{t("lease.thisOne")}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
