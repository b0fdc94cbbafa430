/** The head of a page: its name, one line about it, its tools. */

import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";

import { zoneOffset } from "../lib/time";
import { useMinute } from "./now";

export function useTitle(title: string | undefined): void {
  const { t } = useTranslation();
  const brand = t("brand.name");
  useEffect(() => {
    document.title = title ? `${title} · ${brand}` : brand;
  }, [title, brand]);
}

export function PageHead({ title, lead, tools }: { title: string; lead?: ReactNode; tools?: ReactNode }) {
  useTitle(title);
  return (
    <div className="page-head">
      <div>
        <h1>{title}</h1>
        {lead && <p>{lead}</p>}
      </div>
      {tools && <div className="page-tools">{tools}</div>}
    </div>
  );
}

/** Says once on a page which zone its times are in. */
export function ZoneNote({ zone }: { zone: string }) {
  const { t } = useTranslation();
  const now = useMinute();
  return <span className="faint">{t("common.times", { zone, offset: zoneOffset(now, zone) })}</span>;
}

/** The zone of the lab until an instrument says another. */
export const LAB_ZONE = "Asia/Shanghai";

export function zoneOf(instrument: { id: string; time_zone?: string } | undefined): string {
  return instrument?.time_zone ?? LAB_ZONE;
}
