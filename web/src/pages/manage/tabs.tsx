/** The lab's own pages beside one another, as far as a person's roles reach. */

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";

import type { Person } from "../../api/types";
import { usePerson } from "../../shell/access";
import "./manage.css";

const TABS = [
  ["today", "/lab", ["technician", "institution_manager", "operator"]],
  ["calendar", "/lab/calendar", ["technician", "institution_manager"]],
  ["usage", "/lab/usage", ["technician", "institution_manager"]],
  ["instruments", "/lab/instruments", ["institution_manager"]],
  ["rules", "/lab/rules", ["institution_manager"]],
  ["trusted", "/lab/people", ["institution_manager"]],
  ["penalties", "/lab/penalties", ["institution_manager"]],
  ["arrears", "/lab/arrears", ["institution_manager", "finance"]],
  ["tariffs", "/lab/tariffs", ["institution_manager", "finance"]],
  ["statistics", "/lab/statistics", ["institution_manager", "operator", "auditor"]],
] as const;

type Tab = (typeof TABS)[number];

/** The pages of the lab that a person may open, the first of them the way in. */
export function tabsOf(person: Person | null | undefined): Tab[] {
  return TABS.filter(([, , roles]) => person?.roles.some((role) => (roles as readonly string[]).includes(role)));
}

export function LabTabs() {
  const { t } = useTranslation();
  const person = usePerson();
  const tabs = tabsOf(person.data);
  const row = useRef<HTMLElement>(null);
  const count = tabs.length;
  useEffect(() => {
    const open = row.current?.querySelector<HTMLElement>("[aria-current=page]");
    if (row.current && open) row.current.scrollLeft = open.offsetLeft - row.current.offsetLeft - 16;
  }, [count]);
  if (tabs.length < 2) return null;
  return (
    <nav className="lab-tabs" ref={row} aria-label={t("manage.tabs.label")}>
      {tabs.map(([word, to]) => <NavLink key={to} to={to} end={to === "/lab"}>{t(`manage.tabs.${word}`)}</NavLink>)}
    </nav>
  );
}
