/** The bell in the header: how much one was told and has not read. */

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { notices } from "../api/lease";
import "./bell.css";

const MOST = 99;

export function Bell() {
  const { t } = useTranslation();
  const found = useQuery(notices(true));
  const count = found.data?.items.length ?? 0;
  return (
    <Link to="/notices" className="top-button bell" data-unread={count} aria-label={count ? t("notices.bell", { count }) : t("notices.bellNone")}>
      <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round">
        <path d="M4 12.500V8a5 5 0 0 1 10 0v4.500l1.500 1.500h-13zM7.500 16h3" />
      </svg>
      {count > 0 && <span className="bell-count num" aria-hidden="true">{count > MOST ? `${MOST}+` : count}</span>}
    </Link>
  );
}
