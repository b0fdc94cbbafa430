/** The calendar that every deadline is counted by: a year at a time, what it rests on, a new notice. */

import { Alert, Button } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { namedDays, notices } from "../../api/offices";
import { useLang } from "../../i18n";
import { dayKey, formatInstant } from "../../lib/time";
import { useFilters } from "../../parts/filters";
import { useMinute } from "../../parts/now";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Loading } from "../../parts/states";
import { usePerson } from "../../shell/access";
import { ImportForm } from "./import";
import { Year } from "./year";
import "../people/people.css";
import "./workdays.css";

const [FIRST, LAST] = [2000, 2100];

export function WorkdaysPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const person = usePerson();
  const [filters, put] = useFilters();
  const [adding, setAdding] = useState(false);
  const thisYear = Number(dayKey(useMinute(), LAB_ZONE).slice(0, 4));
  const asked = Number(filters.get("year"));
  const year = Number.isInteger(asked) && asked >= FIRST && asked <= LAST ? asked : thisYear;
  const known = useQuery(notices);
  const days = useQuery(namedDays(year));
  const go = (to: number): void => put({ year: to === thisYear ? null : String(to) });
  const operates = person.data?.roles.includes("operator") ?? false;
  const notice = known.data?.items.find((one) => one.year === year);
  return (
    <>
      <PageHead title={t("workdays.title")} lead={t("workdays.lead")}
        tools={operates && <Button type={adding ? "default" : "primary"} aria-expanded={adding} onClick={() => setAdding(!adding)}>{t("workdays.import")}</Button>} />
      <div className="stack">
        {known.data && <Alert type="info" showIcon title={t("workdays.guessed", { year: known.data.first_guessed_year })} />}
        {adding && known.data && (
          <section className="panel">
            <header><h2>{t("workdays.import")}</h2></header>
            <div className="panel-body"><ImportForm year={known.data.first_guessed_year} done={(imported) => { setAdding(false); go(imported); }} /></div>
          </section>
        )}
        <section className="panel">
          <header>
            <span className="row tight">
              <Button size="small" onClick={() => go(year - 1)} disabled={year <= FIRST} aria-label={t("workdays.former")}>‹</Button>
              <h2 className="num">{year}</h2>
              <Button size="small" onClick={() => go(year + 1)} disabled={year >= LAST} aria-label={t("workdays.next")}>›</Button>
            </span>
            <span className="row tight" aria-label={t("workdays.legend")} role="group">
              <span className="key key-off">{t("workdays.off")}</span><span className="key key-work">{t("workdays.work")}</span><span className="key key-rest">{t("workdays.rest")}</span>
            </span>
          </header>
          <p className="soft" style={{ padding: "12px 16px 0" }} data-source>
            {notice ? <>{t("workdays.notice")}：{notice.title} · <span className="num">{t("workdays.issued", { on: notice.issued_on })} · {notice.imported_at ? t("workdays.imported", { at: formatInstant(Date.parse(notice.imported_at), LAB_ZONE, lang) }) : t("workdays.shipped")}</span></> : known.data && t("workdays.none")}
          </p>
          <Answer query={days} loading={<Loading rows={8} />}>{(list) => <Year year={year} days={list.items} />}</Answer>
        </section>
        <ZoneNote zone={LAB_ZONE} />
      </div>
    </>
  );
}
