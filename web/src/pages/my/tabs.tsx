/** The parts of "my reservations", as links: each has its own address. */

import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";

import { useBasket } from "../../lib/basket";
import { reserves, usePerson } from "../../shell/access";
import "./my.css";

export function MyTabs() {
  const { t } = useTranslation();
  const person = usePerson();
  const basket = useBasket();
  if (!reserves(person.data)) return null; // staff come here for their feeds only
  return (
    <nav className="my-tabs" aria-label={t("mine.tabs")}>
      <NavLink to="/my" end>{t("mine.reservations")}</NavLink>
      <NavLink to="/my/waitlist">{t("mine.waitlist")}</NavLink>
      <NavLink to="/my/basket">{t("mine.basket")}{basket.length > 0 && <span className="count num" style={{ marginLeft: 6 }}>{basket.length}</span>}</NavLink>
      <NavLink to="/my/penalties">{t("mine.bans")}</NavLink>
      <NavLink to="/my/feeds">{t("mine.feeds")}</NavLink>
    </nav>
  );
}
