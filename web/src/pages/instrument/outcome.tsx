/** What a chosen slot costs, what speaks against it, and what is free instead. */

import { Alert } from "antd";
import { useTranslation } from "react-i18next";

import type { FullInstrument, ProblemItem, Quote } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { formatFen } from "../../lib/money";
import type { Span } from "../../lib/slots";
import { formatSpan } from "../../lib/time";
import { StepValue } from "../../parts/step";

export function QuoteSteps({ quoted }: { quoted: Quote }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <div className="sum" aria-live="polite">
      <div className="total">
        <span>{t("booking.estimate")}</span>
        <strong className="num" data-estimate>{quoted.amount_fen === null ? t("catalogue.noPrice") : formatFen(quoted.amount_fen, quoted.currency)}</strong>
      </div>
      <p className="faint">{t("booking.estimateNote")}</p>
      <h3 style={{ fontSize: 13, margin: "12px 0 2px" }}>{t("booking.steps")}</h3>
      <ol className="steps-list">
        {quoted.steps.map((step, index) => (
          <li key={index}>
            <span className="soft">{pick(lang, step, "label")}</span>
            <span className="num">
              <StepValue step={step} currency={quoted.currency} />
            </span>
          </li>
        ))}
      </ol>
      {quoted.tariff_version !== null && <p className="faint">{t("instrument.tariff", { version: quoted.tariff_version })}</p>}
    </div>
  );
}

export function Problems({ problems, title }: { problems: ProblemItem[]; title: string }) {
  const lang = useLang();
  return (
    <Alert type="warning" showIcon role="alert" title={title} style={{ marginTop: 12 }} data-problems
      description={
        <ul style={{ listStyle: "disc", paddingLeft: 18 }}>
          {problems.map((one) => <li key={one.code + (one.field ?? "")}>{pick(lang, one, "detail")}</li>)}
        </ul>
      } />
  );
}

const PAPERS = ["no_qualification", "qualification_lapses", "no_agreement", "agreement_lapses"];

/** Whom one asks for a paper that is missing: the refusal speaks of the instrument's contact. */
export function Whom({ instrument, problems }: { instrument: FullInstrument; problems: ProblemItem[] }) {
  const { t } = useTranslation();
  const { name, phone, email } = instrument.contact;
  if (!problems.some((one) => PAPERS.includes(one.code)) || !(name ?? phone ?? email)) return null;
  return (
    <p className="row tight" style={{ marginTop: 8 }} data-whom>
      <span className="soft">{t("card.contact")}</span>{name}
      {phone && <a href={`tel:${phone}`} className="num">{phone}</a>}
      {email && <a href={`mailto:${email}`}>{email}</a>}
    </p>
  );
}

export function Alternatives({ spans, zone, choose }: { spans: Span[]; zone: string; choose: (span: Span) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <section style={{ marginTop: 12 }} data-alternatives>
      <h3 style={{ fontSize: 13, marginBottom: 6 }}>{t("booking.alternatives")}</h3>
      {spans.length === 0 ? <p className="faint">{t("booking.noAlternatives")}</p> : (
        <ul style={{ display: "grid", gap: 6 }}>
          {spans.map((one) => (
            <li key={one.from}><button type="button" className="slot" onClick={() => choose(one)}>{formatSpan(one.from, one.to, zone, lang)}</button></li>
          ))}
        </ul>
      )}
    </section>
  );
}
