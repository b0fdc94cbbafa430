/** The parts of "my reservations", as links: each has its own address. */

import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";

import { reserves, usePerson } from "../../shell/access";
import "./my.css";

export function MyTabs() {
  const { t } = useTranslation();
  const person = usePerson();
  if (!reserves(person.data)) return null; // staff come here for their feeds only
  return (
    <nav className="my-tabs" aria-label={t("mine.tabs")}>
      <NavLink to="/my" end>{t("mine.reservations")}</NavLink>
      <NavLink to="/my/waitlist">{t("mine.waitlist")}</NavLink>
      <NavLink to="/my/feeds">{t("mine.feeds")}</NavLink>
    </nav>
  );
}
