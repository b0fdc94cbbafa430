/** The one header: brand, places, language, person. */

import { Dropdown } from "antd";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { NavLink, useLocation, useNavigate } from "react-router";

import { signOut } from "../api/calls";
import type { Person } from "../api/types";
import { pick, setLang, useLang } from "../i18n";
import { restartFeed } from "../live/feed";
import { tabsOf } from "../pages/manage/tabs";
import { Bell } from "./bell";
import { actsForClients, readsAudit, reserves, reviewsPeople, seesBoard, seesInstitutions, seesLab, usePerson, worksAtInstitution } from "./access";
import { useSignIn } from "./sign-in";

interface Place {
  to: string;
  word: string;
}

function usePlaces(person: Person | null | undefined): Place[] {
  const { t } = useTranslation();
  const places: Place[] = [{ to: "/", word: t("nav.catalogue") }];
  if (reserves(person)) places.push({ to: "/my", word: t("nav.my") });
  const [way] = tabsOf(person);
  if (way) places.push({ to: way[1], word: way[1] === "/lab" ? t("nav.lab") : t(`manage.tabs.${way[0]}`) });
  if (seesLab(person)) {
    places.push({ to: "/devices", word: t("nav.devices") }, { to: "/alarms", word: t("alarms.nav") });
  }
  if (worksAtInstitution(person)) places.push({ to: "/institution", word: t("institution.nav") });
  if (person?.enterprise) places.push({ to: "/enterprise", word: t("enterprise.nav") });
  if (actsForClients(person)) places.push({ to: "/station", word: t("agency.nav") });
  if (reviewsPeople(person)) places.push({ to: "/reviews", word: t("reviews.nav") });
  if (seesInstitutions(person)) places.push({ to: "/institutions", word: t("platform.nav") });
  if (seesBoard(person)) places.push({ to: "/due", word: t("board.nav") });
  if (readsAudit(person)) places.push({ to: "/audit", word: t("audit.nav") });
  return places;
}

export function Logo() {
  return (
    <svg width="30" height="30" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#ffffff" fillOpacity="0.12" />
      <path d="M6 19h5l3-10 4 15 3-8h5" fill="none" stroke="#7fd1c7" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

function PersonMenu({ person }: { person: Person }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const go = useNavigate();
  const leaving = useMutation({
    mutationFn: signOut,
    onSettled: () => {
      cache.setQueryData(["me"], null);
      void cache.resetQueries({ predicate: (one) => one.queryKey[0] !== "me" });
      restartFeed(cache);
      void go(person.by_provider ? "/signed-out" : "/");
    },
  });
  const lang = useLang();
  const of = person.enterprise?.name ?? (person.institution && pick(lang, person.institution, "name"));
  return (
    <Dropdown trigger={["click"]}
      menu={{
        items: [
          { key: "of", label: <span className="soft">{of ?? person.login}</span>, disabled: true },
          { type: "divider" },
          { key: "account", label: t("account.menu"), onClick: () => void go("/account") },
          { key: "privacy", label: t("privacy.menu"), onClick: () => void go("/privacy") },
          ...(person.roles.length === 0 ? [{ key: "registrations", label: t("registrations.menu"), onClick: () => void go("/registrations") }] : []),
          { key: "feeds", label: t("mine.feeds"), onClick: () => void go("/my/feeds") },
          { key: "out", label: t("auth.signOut"), onClick: () => leaving.mutate() },
        ],
      }}>
      <button type="button" className="top-button who" aria-label={`${t("nav.account")}: ${person.display_name}`}>
        <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.6">
          <circle cx="9" cy="6" r="3.2" /><path d="M2.5 16c.8-3.2 3.3-4.6 6.5-4.6s5.700 1.400 6.500 4.600" />
        </svg>
        <span className="clip">{person.display_name}</span>
      </button>
    </Dropdown>
  );
}

function SmallMenu({ places }: { places: Place[] }) {
  const { t } = useTranslation();
  const go = useNavigate();
  const { pathname } = useLocation();
  return (
    <Dropdown trigger={["click"]}
      menu={{
        selectedKeys: [pathname],
        items: places.map((one) => ({ key: one.to, label: one.word, onClick: () => void go(one.to) })),
      }}>
      <button type="button" className="top-button menu-button" aria-label={t("nav.menu")}>
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" stroke="currentColor" strokeWidth="2" strokeLinecap="round">
          <path d="M3 5h14M3 10h14M3 15h14" />
        </svg>
      </button>
    </Dropdown>
  );
}

/** The tablet beside an instrument belongs to nobody: no menu, no person. */
function isKiosk(pathname: string): boolean {
  return pathname.startsWith("/kiosk/");
}

export function Header() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const lang = useLang();
  const person = usePerson();
  const { ask } = useSignIn();
  const places = usePlaces(person.data);
  if (isKiosk(pathname)) return null;
  return (
    <header className="top">
      <a className="skip" href="#main" style={{ color: "var(--brand-dark)" }}>{t("nav.skip")}</a>
      <div className="top-inner">
        <SmallMenu places={places} />
        <NavLink to="/" className="brand" aria-label={t("brand.name")}>
          <Logo />
          {t("brand.name")}
        </NavLink>
        <nav aria-label={t("nav.main")}>
          {places.map((one) => (
            <NavLink key={one.to} to={one.to} end={one.to === "/"}>{one.word}</NavLink>
          ))}
        </nav>
        <div className="top-end">
          <button type="button" className="top-button" lang={lang === "zh" ? "en" : "zh-CN"} data-switch-language
            title={t("language.switch")} onClick={() => void setLang(lang === "zh" ? "en" : "zh")}>
            {t("language.short")}
          </button>
          {person.data && <Bell />}
          {person.data ? (
            <PersonMenu person={person.data} />
          ) : (
            <button type="button" className="top-button strong" onClick={() => ask()}>{t("auth.signIn")}</button>
          )}
        </div>
      </div>
    </header>
  );
}
