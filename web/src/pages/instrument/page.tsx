/** One instrument: what it is, what it costs, when it is free, and the form to reserve it. */

import { Button } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useRef, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";

import { calendar, instrument } from "../../api/calls";
import type { FullInstrument, Instrument } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { formatFenShort } from "../../lib/money";
import { type Span, snap } from "../../lib/slots";
import { addDays, dayFromKey, daysBetween, dayKey, formatDayKey, formatLength, isDayKey, MINUTE } from "../../lib/time";
import { useFeed } from "../../live/feed";
import { Age, StateMark } from "../../parts/marks";
import { useMinute } from "../../parts/now";
import { useTitle, ZoneNote } from "../../parts/page";
import { InstrumentPicture } from "../../parts/picture";
import { Answer, Failure, Loading } from "../../parts/states";
import { seesLab, usePerson } from "../../shell/access";
import { categoryName } from "../catalogue";
import { BookingPanel } from "./booking";
import { Calibration, Card, Conditions, Photos } from "./card";
import "./card.css";
import { freeOf, iso } from "./slot-fields";
import { FreeSlots } from "./slots";
import { WeekPicture } from "./week";

const NARROW = window.matchMedia("(max-width: 760px)");

function useNarrow(): boolean {
  return useSyncExternalStore(
    (tell) => {
      NARROW.addEventListener("change", tell);
      return () => NARROW.removeEventListener("change", tell);
    },
    () => NARROW.matches,
  );
}

function About({ one }: { one: FullInstrument }) {
  const { t } = useTranslation();
  const lang = useLang();
  const person = usePerson();
  return (
    <section className="panel">
      <div className="about">
        <div className="about-picture">{one.photos.length > 0 ? <Photos one={one} /> : <InstrumentPicture hint={one.category} size={124} />}</div>
        <div className="stack" style={{ gap: 10 }}>
          <div>
            <div className="faint">{categoryName(one, lang)} · {one.code}</div>
            <h1 style={{ fontSize: 22, fontWeight: 650, lineHeight: 1.35 }}>{pick(lang, one, "name")}</h1>
            {one.live && (
              <div className="row tight"><StateMark state={one.live.state} />{one.live.at && <span className="faint">· <Age at={one.live.at} /></span>}</div>
            )}
            <Calibration one={one} />
          </div>
          <p>{pick(lang, one, "description")}</p>
          <dl className="pair">
            <dt>{t("instrument.model")}</dt><dd>{one.maker} {one.model}</dd>
            <dt>{t("instrument.institution")}</dt><dd>{pick(lang, one.institution, "name")}</dd>
            <dt>{t("instrument.location")}</dt><dd>{one.location}</dd>
            {seesLab(person.data) && one.device_names.length > 0 && (
              <>
                <dt>{t("instrument.devices")}</dt>
                <dd className="row tight">{one.device_names.map((name) => <Link key={name} className="mono" to={`/devices/${name}`}>{name}</Link>)}</dd>
              </>
            )}
          </dl>
        </div>
      </div>
    </section>
  );
}

function Terms({ one }: { one: Instrument }) {
  const { t } = useTranslation();
  const lang = useLang();
  const length = (minutes: number): string => formatLength(minutes * MINUTE, lang);
  const { policy, price } = one;
  return (
    <section className="panel facts" aria-label={t("instrument.price")}>
      <div>
        <h3>{t("instrument.price")}</h3>
        {price ? (
          <>
            <div><span className="big-price num">{formatFenShort(price.per_hour_fen, price.currency)}</span> <span className="soft">{t("common.perHour")}</span></div>
            <p className="soft">
              {price.billed_step_minutes > 0
                ? t("instrument.priceRule", { min: length(price.billed_min_minutes), step: length(price.billed_step_minutes) })
                : t("instrument.priceExact", { min: length(price.billed_min_minutes) })}
            </p>
            {!!price.minimum_fen && <p className="soft">{t("instrument.priceFloor", { amount: formatFenShort(price.minimum_fen, price.currency) })}</p>}
            <p className="faint">{t("instrument.tariff", { version: price.tariff_version })}</p>
          </>
        ) : <p className="soft">{t("catalogue.noPrice")}</p>}
      </div>
      <div>
        <h3>{t("instrument.policy")}</h3>
        <ul>
          <li>{t("instrument.policyLength", { min: length(policy.length_min_minutes), max: length(policy.length_max_minutes) })}</li>
          <li>{policy.notice_min_minutes > 0 ? t("instrument.policyNotice", { notice: length(policy.notice_min_minutes) }) : t("instrument.policyNoNotice")}{lang === "zh" ? "，" : "; "}{t("instrument.policyHorizon", { days: policy.horizon_days })}</li>
          <li>{t("instrument.policyGrid", { grid: length(policy.grid_minutes) })}</li>
          {(policy.set_up_minutes > 0 || policy.cool_down_minutes > 0) && (
            <li>
              {[
                policy.set_up_minutes > 0 && t("instrument.policySetUp", { length: length(policy.set_up_minutes) }),
                policy.cool_down_minutes > 0 && t("instrument.policyCoolDown", { length: length(policy.cool_down_minutes) }),
              ].filter(Boolean).join(lang === "zh" ? "，" : "; ")}
            </li>
          )}
        </ul>
      </div>
    </section>
  );
}

function Legend() {
  const { t } = useTranslation();
  const rows = [
    [t("instrument.free"), "#dff3e7", "#a9cbb8"],
    [t("instrument.taken"), "#d3dbe1", "#c3ced6"],
    [t("instrument.mine"), "var(--brand)", ""],
    [t("instrument.selected"), "#167a42", ""],
  ] as const;
  return (
    <div className="legend" aria-hidden="true">
      {rows.map(([word, swatch, line]) => (
        <span key={word} style={{ ["--swatch" as string]: swatch, ["--swatch-line" as string]: line || "transparent" }}>{word}</span>
      ))}
    </div>
  );
}

function instantOf(text: string | null): number | null {
  const at = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

function Shown({ one }: { one: FullInstrument }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [search, setSearch] = useSearchParams();
  const go = useNavigate();
  const narrow = useNarrow();
  useTitle(pick(lang, one, "name"));
  const zone = one.time_zone;
  const today = dayKey(useMinute(), zone);
  const [from, to] = [instantOf(search.get("from")), instantOf(search.get("to"))];
  const chosen = from !== null && to !== null && from < to ? { from, to } : null;
  const asked = search.get("day");
  const day = isDayKey(asked) ? asked : chosen ? dayKey(chosen.from, zone) : one.next_free_at ? dayKey(Date.parse(one.next_free_at), zone) : today;
  const days = narrow ? 3 : 7;
  // Whole windows from today on: what has passed is of no use here.
  const first = addDays(today, Math.max(0, Math.floor(daysBetween(today, day) / days)) * days);
  const put = (change: Record<string, string | null>): void =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      for (const [key, value] of Object.entries(change)) {
        if (value === null) next.delete(key);
        else next.set(key, value);
      }
      return next;
    }, { replace: true });
  const choose = (span: Span | null): void =>
    put(span ? { from: iso(span.from), to: iso(span.to), day: dayKey(span.from, zone) } : { from: null, to: null });
  const setDay = (key: string): void => put({ day: key });
  const form = useRef<HTMLDivElement>(null);
  // On a phone the form lies below: a slot picked above brings it into view.
  const pickAbove = (span: Span): void => {
    choose(span);
    if (narrow) form.current?.scrollIntoView({ behavior: "smooth", block: "start" });
  };
  const taken = useQuery({
    ...calendar(one.id, iso(dayFromKey(first, zone)), iso(dayFromKey(addDays(first, days), zone))),
    placeholderData: (previous) => previous,
  });
  const rules = one.policy;
  const chooseFree = (span: Span): void => {
    const step = rules.grid_minutes * MINUTE;
    const start = Math.ceil(span.from / step) * step;
    // The whole of a short span, two hours of a long one: a guess that is easily changed.
    const wish = Math.min(span.to - start, Math.max(rules.length_min_minutes * MINUTE, Math.min(120, rules.length_max_minutes) * MINUTE));
    pickAbove({ from: start, to: start + Math.floor(wish / step) * step });
  };
  return (
    <>
      <div className="split">
        <div className="stack">
          <About one={one} />
          <Terms one={one} />
          <section className="panel" aria-labelledby="week-title">
            <header>
              <h2 id="week-title">{t("instrument.calendar")} <span className="faint num" style={{ fontWeight: 400 }}>{formatDayKey(first, lang)} – {formatDayKey(addDays(first, days - 1), lang)}</span></h2>
              <div className="row tight">
                <Button size="small" onClick={() => setDay(addDays(first, -days))} disabled={first <= today} aria-label={t("instrument.prevWeek")}>‹</Button>
                <Button size="small" onClick={() => setDay(today)}>{t("instrument.thisWeek")}</Button>
                <Button size="small" onClick={() => setDay(addDays(first, days))} aria-label={t("instrument.nextWeek")}>›</Button>
              </div>
            </header>
            <div className="panel-body stack" style={{ gap: 10 }}>
              <div className="spread" style={{ flexWrap: "wrap" }}>
                <Legend />
                <ZoneNote zone={zone} />
              </div>
              <Answer query={taken}>
                {(data) => (
                  <>
                    <WeekPicture calendar={data} first={first} days={days} chosen={chosen} grid={rules.grid_minutes}
                      select={(span) => pickAbove(snap(span, rules))} open={(reservation) => void go(`/reservations/${reservation}`)} />
                    <p className="faint">{t("instrument.calendarHint")}</p>
                  </>
                )}
              </Answer>
            </div>
          </section>
          <section className="panel" aria-labelledby="slots-title">
            <header><h2 id="slots-title">{t("instrument.freeSlots")}</h2></header>
            <div className="panel-body">
              <Answer query={taken} loading={<Loading rows={2} />}>
                {() => <FreeSlots free={freeOf(taken.data)} zone={zone} chosen={chosen} choose={chooseFree} />}
              </Answer>
            </div>
          </section>
        </div>
        <div className="aside" ref={form}>
          <BookingPanel instrument={one} calendar={taken.data} day={day} setDay={setDay} chosen={chosen} choose={choose} />
        </div>
      </div>
      <div className="below">
        <Card one={one} />
        <Conditions one={one} />
      </div>
    </>
  );
}

export function InstrumentPage() {
  const { id = "" } = useParams();
  useFeed();
  const found = useQuery(instrument(id));
  if (found.data) return <Shown one={found.data} key={found.data.id} />;
  return <div className="panel">{found.isError ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Loading rows={10} />}</div>;
}
