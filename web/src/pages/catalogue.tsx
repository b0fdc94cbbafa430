/** The catalogue: search first, categories beside, cards with live state, price and next free time. */

import { Button, Input, Select, Switch } from "antd";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";

import { categories, instruments } from "../api/calls";
import type { Category, Instrument } from "../api/types";
import { pick, useLang } from "../i18n";
import { asLiveState } from "../lib/live";
import { asQuery, readLooking, type Sort, SORTS } from "../lib/looking";
import { formatFenShort } from "../lib/money";
import { formatInstant, type Lang } from "../lib/time";
import { useFeed } from "../live/feed";
import { useFilters } from "../parts/filters";
import { StateTone } from "../parts/marks";
import { useMinute } from "../parts/now";
import { useTitle, ZoneNote } from "../parts/page";
import { InstrumentPicture } from "../parts/picture";
import { Answer, Blank, Loading } from "../parts/states";
import { Filters } from "./catalogue-filters";

export function categoryName(one: Instrument, lang: Lang): string {
  if (lang === "zh") return one.category_zh || one.category;
  return one.category_en || one.category;
}

function NextFree({ one }: { one: Instrument }) {
  const { t } = useTranslation();
  const lang = useLang();
  const minute = useMinute();
  if (!one.next_free_at) return <b className="soft">{t("catalogue.noFree")}</b>;
  const at = Date.parse(one.next_free_at);
  if (at <= minute + 60_000) return <b style={{ color: "var(--running)" }}>{t("catalogue.freeNow")}</b>;
  return <b className="num">{formatInstant(at, one.time_zone, lang)}</b>;
}

function InstrumentCard({ one, query }: { one: Instrument; query: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <article className="card" data-instrument={one.code}>
      <div className="card-picture">
        <InstrumentPicture hint={one.category} />
        {one.live && <StateTone state={one.live.state} />}
      </div>
      <div className="card-body">
        <h3><Link to={`/instruments/${one.id}${query}`}>{pick(lang, one, "name")}</Link></h3>
        <div className="faint">{one.maker} {one.model} · {pick(lang, one.institution, "name")}</div>
        <p className="what">{pick(lang, one, "description")}</p>
      </div>
      <div className="card-foot">
        {one.price ? (
          <span className="nowrap"><strong className="num">{formatFenShort(one.price.per_hour_fen, one.price.currency)}</strong>
            <span className="soft">{t("common.perHour")}</span></span>
        ) : <span className="soft">{t("catalogue.noPrice")}</span>}
        <span className="next"><span className="faint">{t("catalogue.nextFree")}</span><NextFree one={one} /></span>
      </div>
    </article>
  );
}

function Categories({ items, chosen, choose }: { items: Category[]; chosen: string; choose: (code: string) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const total = items.reduce((sum, one) => sum + one.count, 0);
  const rows = [
    { code: "", name: t("catalogue.allCategories"), count: total },
    ...items.map((one) => ({ code: one.code, name: pick(lang, one, "name"), count: one.count })),
  ];
  return (
    <nav className="panel categories" aria-label={t("catalogue.categories")}>
      <h2>{t("catalogue.categories")}</h2>
      <ul>
        {rows.map(({ code, name, count }) => (
          <li key={code}>
            <button type="button" aria-pressed={chosen === code} onClick={() => choose(code)}>
              <span>{name}</span><span className="num faint">{count}</span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** The address keeps the words, but only once typing pauses. */
function SearchBox({ value, change }: { value: string; change: (text: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const [shown, setShown] = useState(value);
  const timer = useRef<number | undefined>(undefined);
  if (shown !== value) {
    setShown(value);
    setText(value);
  }
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const tell = (next: string): void => {
    setText(next);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => change(next.trim()), 250);
  };
  return (
    <Input.Search size="large" allowClear value={text} placeholder={t("catalogue.search")} aria-label={t("catalogue.search")}
      onChange={(event) => tell(event.target.value)} onSearch={(next) => change(next.trim())} enterButton />
  );
}

export function CataloguePage() {
  const { t } = useTranslation();
  const [, setSearch] = useSearchParams();
  const [search, put] = useFilters();
  useTitle(t("nav.catalogue"));
  useFeed();
  const looking = readLooking(search);
  const { q, category, sort } = looking;
  const onlyFree = search.get("free") === "1";
  const known = useQuery(categories);
  const found = useInfiniteQuery(instruments(asQuery(looking)));
  // Whoever looked for a time has it chosen on the instrument's page.
  const chosen = looking.free_from !== null && looking.free_to !== null
    ? `?${new URLSearchParams({ from: new Date(looking.free_from).toISOString(), to: new Date(looking.free_to).toISOString() })}` : "";
  const clear = (): void => setSearch({});
  return (
    <>
      <section className="hero">
        <h1>{t("catalogue.title")}</h1>
        <p>{t("catalogue.lead")}</p>
        <SearchBox value={q} change={(text) => put({ q: text })} />
      </section>
      <div className="catalogue">
        <Categories items={known.data?.items ?? []} chosen={category} choose={(code) => put({ category: code })} />
        <div className="stack" style={{ gap: 12 }}>
          <Filters looking={looking} put={put} />
          <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
            {(list) => {
              const shown = list.pages.flatMap((page) => page.items).filter((one) => !onlyFree || asLiveState(one.live?.state) === "idle");
              return (
                <>
                  <div className="spread" style={{ flexWrap: "wrap" }}>
                    <h2 className="soft" style={{ fontSize: 14, fontWeight: 400 }} aria-live="polite">{t(found.hasNextPage ? "catalogue.countSome" : "catalogue.count", { count: shown.length })}</h2>
                    <div className="row">
                      <label className="row tight soft">
                        <Switch size="small" checked={onlyFree} onChange={(on) => put({ free: on ? "1" : null })} aria-label={t("catalogue.onlyFree")} />
                        {t("catalogue.onlyFree")}
                      </label>
                      <Select<Sort> size="small" value={sort} style={{ width: 150 }} aria-label={t("catalogue.sort")}
                        onChange={(next) => put({ sort: next })}
                        options={SORTS.map((one) => ({ value: one, label: t(`finding.sorts.${one}`) }))} />
                    </div>
                  </div>
                  {shown.length === 0 ? (
                    <div className="panel">
                      <Blank title={t("catalogue.nothing")} lead={t("catalogue.nothingLead")} action={<Button onClick={clear}>{t("catalogue.clear")}</Button>} />
                    </div>
                  ) : (
                    <div className="cards">{shown.map((one) => <InstrumentCard key={one.id} one={one} query={chosen} />)}</div>
                  )}
                  {found.hasNextPage && <Button block loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>{t("common.more")}</Button>}
                  {shown[0] && <ZoneNote zone={shown[0].time_zone} />}
                </>
              );
            }}
          </Answer>
        </div>
      </div>
    </>
  );
}
