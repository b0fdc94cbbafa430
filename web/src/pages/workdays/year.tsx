/** A year by months: which days are off, which are made up, what each is called. */

import { useTranslation } from "react-i18next";

import type { NamedDay } from "../../api/offices";
import { addDays, weekday } from "../../lib/time";

const MONTHS = Array.from({ length: 12 }, (_, at) => at + 1);
const two = (number: number): string => String(number).padStart(2, "0");

function daysOf(year: number, month: number): string[] {
  const first = `${String(year)}-${two(month)}-01`;
  return Array.from({ length: 31 }, (_, n) => addDays(first, n)).filter((day) => day.startsWith(first.slice(0, 7)));
}

function Month({ year, month, named }: { year: number; month: number; named: ReadonlyMap<string, NamedDay> }) {
  const { t } = useTranslation();
  const days = daysOf(year, month);
  const words = t("workdays.weekdays", { returnObjects: true });
  return (
    <table className="month">
      <caption>{t("workdays.months", { returnObjects: true })[month - 1]}</caption>
      <thead><tr>{words.map((word) => <th key={word} scope="col">{word}</th>)}</tr></thead>
      <tbody>
        {Array.from({ length: Math.ceil((days.length + weekday(days[0] ?? "")) / 7) }, (_, week) => (
          <tr key={week}>
            {words.map((word, column) => {
              const day = days[week * 7 + column - weekday(days[0] ?? "")];
              if (!day) return <td key={word} />;
              const said = named.get(day);
              const kind = said ? (said.is_working ? "key-work" : "key-off") : column > 4 ? "key-rest" : undefined;
              return <td key={word} className={kind} data-day={day} title={said && `${said.name} · ${t(said.is_working ? "workdays.work" : "workdays.off")}`}>{Number(day.slice(8))}{said && <span className="seen-by-readers"> {said.name} {t(said.is_working ? "workdays.work" : "workdays.off")}</span>}</td>;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Year({ year, days }: { year: number; days: readonly NamedDay[] }) {
  const named = new Map(days.map((one) => [one.day, one]));
  return <div className="year" data-year={year}>{MONTHS.map((month) => <Month key={month} year={year} month={month} named={named} />)}</div>;
}
