/** The card of an openly shared instrument, and the terms one reserves under. */

import { Image } from "antd";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { terms } from "../../api/lease";
import type { FullInstrument } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { type Condition, readConditions } from "../../lib/conditions";
import { calibrationOf } from "../../lib/calibration";
import { formatFen, formatFenShort } from "../../lib/money";
import { dayKey, formatLength } from "../../lib/time";
import { type Tone, ToneTag } from "../../parts/marks";
import { useMinute } from "../../parts/now";

const CALIBRATION_TONES = { valid: "running", soon: "attention", lapsed: "fault", unknown: "idle" } as const satisfies Record<string, Tone>;

/** 绿 / 黄 / 红, as on the label that sticks to it; and in words. */
export function Calibration({ one }: { one: FullInstrument }) {
  const { t } = useTranslation();
  const lang = useLang();
  const today = dayKey(useMinute(), one.time_zone);
  const state = calibrationOf(one.calibrated_until, today);
  const limits = pick(lang, one, "limited_to");
  return (
    <span className="row tight" data-calibration={state}>
      <ToneTag tone={CALIBRATION_TONES[state]}>{t(`card.calibration.${state}`, { day: one.calibrated_until ?? "" })}</ToneTag>
      {limits && <ToneTag tone="attention">{t("card.limitedTo", { limits })}</ToneTag>}
      {!one.is_metrological && <span className="faint">{t("card.notMetrological")}</span>}
    </span>
  );
}

/** The photos; the pages draw a picture where there is none. */
export function Photos({ one }: { one: FullInstrument }) {
  const lang = useLang();
  return (
    <Image.PreviewGroup>
      <div className="card-photos" data-photos={one.photos.length}>
        {one.photos.map((photo) => <Image key={photo.id} src={photo.url} alt={pick(lang, photo, "caption") || pick(lang, one, "name")} />)}
      </div>
    </Image.PreviewGroup>
  );
}

function Rows({ rows }: { rows: [string, ReactNode][] }) {
  return <dl className="pair card-rows">{rows.map(([word, value]) => [<dt key={`${word}-t`}>{word}</dt>, <dd key={`${word}-d`}>{value}</dd>])}</dl>;
}

export function Card({ one }: { one: FullInstrument }) {
  const { t } = useTranslation();
  const lang = useLang();
  const said = (word: string, value: ReactNode): [string, ReactNode][] => (value ? [[word, value]] : []);
  const linked = (list: FullInstrument["accessories"]): ReactNode =>
    list.length > 0 && <span className="row tight">{list.map((each) => <Link key={each.id} to={`/instruments/${each.id}`}>{pick(lang, each, "name")}</Link>)}</span>;
  const { contact } = one;
  const modes = (["self_operated", "assisted", "entrusted"] as const).filter((mode) => one.modes.includes(mode));
  const able = [
    ...said(t("card.specification"), one.specification),
    ...said(t("card.indicators"), one.indicators),
    ...said(t("card.standards"), one.standards.length > 0 && <span className="row tight" data-standards>{one.standards.map((name) => <span key={name} className="tone idle">{name}</span>)}</span>),
    ...said(t("card.discipline"), one.discipline),
    ...said(t("card.modes"), modes.map((mode) => t(`card.mode.${mode}`)).join(t("card.comma"))),
    ...said(t("card.accessories"), linked(one.accessories)),
    ...said(t("card.accessoryOf"), one.accessory_of && linked([one.accessory_of])),
    ...said(t("card.group"), linked(one.group)),
  ];
  const shared = [
    ...said(t("card.service"), one.service_content),
    ...said(t("card.charging"), one.charging_standard),
    ...said(t("card.openRules"), one.open_rules),
    ...said(t("card.contact"), [contact.name, contact.phone].filter(Boolean).join(" ")),
    ...said(t("card.email"), contact.email && <a href={`mailto:${contact.email}`}>{contact.email}</a>),
    ...said(t("card.commissioned"), one.commissioned_on),
    ...said(t("card.value"), one.value_fen !== null && formatFen(one.value_fen)),
    ...said(t("card.customs"), one.customs_supervision),
  ];
  return (
    <section className="panel" aria-labelledby="card-title" data-card>
      <header><h2 id="card-title">{t("card.title")}</h2></header>
      <div className="panel-body card-halves"><Rows rows={able} /><Rows rows={shared} /></div>
    </section>
  );
}

function useSentence(): (one: Condition) => string {
  const { t } = useTranslation();
  const lang = useLang();
  const length = (seconds: number): string => formatLength(seconds * 1000, lang);
  return (one) => {
    switch (one.key) {
      case "deposit": case "labour": return t(`conditions.${one.key}`, { amount: formatFenShort(one.fen, "CNY") });
      case "freeCancel": case "missed": {
        const key = one.percent > 0 ? (`conditions.${one.key}` as const) : (`conditions.${one.key}Free` as const);
        return t(key, { length: length(one.seconds), percent: one.percent });
      }
      case "ban": return t("conditions.ban", { within: one.within, count: one.count, days: one.days });
      case "objection": case "gap": case "peak": return t(`conditions.${one.key}`, { length: length(one.seconds) });
      case "open": return t("conditions.open", { count: one.count });
      case "quotaCount": case "quotaHours":
        return t(`conditions.${one.key}`, { whose: t(`conditions.whose.${one.whose}`), per: t(`conditions.per.${one.per}`), over: t(`conditions.over.${one.over}`), count: one.count, peak: one.isPeak ? t("conditions.atPeak") : "" });
      default: return t(`conditions.${one.key}`);
    }
  };
}

/** What holds for whoever reserves, with what breaking it costs. */
export function Conditions({ one }: { one: FullInstrument }) {
  const { t } = useTranslation();
  const sentence = useSentence();
  const found = useQuery(terms(one.id));
  if (!found.data) return null;
  const list = readConditions(found.data.in_full, one.modes.includes("assisted"));
  return (
    <section className="panel" aria-labelledby="conditions-title" data-conditions>
      <header><h2 id="conditions-title">{t("conditions.title")}</h2></header>
      <ul className="panel-body conditions">{list.map((each, index) => <li key={index}>{sentence(each)}</li>)}</ul>
    </section>
  );
}
