/** The finer filters of the catalogue: region, standard, price, and when it must be free. */

import { Button, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useLang } from "../i18n";
import { countFiner, type Looking } from "../lib/looking";
import { regionChoices } from "../lib/regions";
import { HOUR } from "../lib/time";
import type { Put } from "../parts/filters";
import { LAB_ZONE } from "../parts/page";
import { WallPicker } from "../parts/wall-picker";
import "./catalogue-filters.css";

const asText = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
const LENGTH = 2 * HOUR;

/** Both ends or neither: whoever names a start gets two hours, and changes them. */
function Between({ looking, put }: { looking: Looking; put: Put }) {
  const { t } = useTranslation();
  const { free_from: from, free_to: to } = looking;
  const take = (start: number, end: number): void => put({ free_from: asText(start), free_to: asText(end > start ? end : start + LENGTH) });
  return (
    <>
      <label><span>{t("finding.from")}</span><WallPicker zone={LAB_ZONE} grid={30} label={t("finding.from")} value={from ?? undefined} onChange={(at) => at !== undefined && take(at, to ?? 0)} /></label>
      <label><span>{t("finding.to")}</span><WallPicker zone={LAB_ZONE} grid={30} label={t("finding.to")} value={to ?? undefined} onChange={(at) => at !== undefined && take(from ?? at - LENGTH, at)} /></label>
    </>
  );
}

export function Filters({ looking, put }: { looking: Looking; put: Put }) {
  const { t } = useTranslation();
  const lang = useLang();
  const set = countFiner(looking);
  const [open, setOpen] = useState(set > 0);
  const [standard, setStandard] = useState(looking.standard);
  const [shown, setShown] = useState(looking.standard);
  if (shown !== looking.standard) {
    setShown(looking.standard);
    setStandard(looking.standard);
  }
  return (
    <section className="finer" aria-label={t("finding.title")}>
      <div className="row tight">
        <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)} data-finer>{t("finding.title")}{set > 0 && ` (${set})`}</Button>
        {set > 0 && <Button size="small" type="link" onClick={() => put({ region: null, standard: null, most: null, free_from: null, free_to: null })}>{t("catalogue.clear")}</Button>}
      </div>
      {open && (
        <div className="finer-fields panel">
          <label><span>{t("finding.region")}</span>
            <Select aria-label={t("finding.region")} allowClear showSearch={{ optionFilterProp: "label" }} value={looking.region || null} placeholder={t("finding.any")} onChange={(value: string | null) => put({ region: value })} options={regionChoices(lang, looking.region)} /></label>
          <label><span>{t("finding.standard")}</span>
            <Input aria-label={t("finding.standard")} allowClear maxLength={60} value={standard} placeholder={t("finding.standardHint")} onChange={(event) => setStandard(event.target.value)}
              onBlur={() => put({ standard: standard.trim() })} onPressEnter={() => put({ standard: standard.trim() })} onClear={() => put({ standard: null })} /></label>
          <label><span>{t("finding.most")}</span>
            <InputNumber aria-label={t("finding.most")} min={0} max={9_999_999} precision={0} prefix="¥" suffix={t("common.perHour")} value={looking.most ? Number(looking.most) : null} onChange={(value) => put({ most: value === null ? null : String(value) })} style={{ width: "100%" }} /></label>
          <Between looking={looking} put={put} />
        </div>
      )}
    </section>
  );
}
