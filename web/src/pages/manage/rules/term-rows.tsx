/** Terms that are lists: quotas, peaks, shifts of technicians, and the questions of the form. */

import { Button, Checkbox, Input, InputNumber, Select } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { SpanFields, WeekdaysSelect } from "./line-fields";

interface Quota { per: "day" | "week" | "month"; whose: "person" | "enterprise"; count?: number | null; hours?: number | null; peak_only?: boolean; over?: (typeof OVER)[number] }
const OVER = ["instrument", "group", "institution"] as const;
interface Span { weekdays: number[]; from_s: number; to_s: number }
interface Question { key: string; label_zh: string; label_en: string; type: "text" | "number" | "choice" | "boolean"; required?: boolean; choices?: string[] }

function Rows<R>({ value, change, fresh, add, children }: { value: R[]; change: (rows: R[]) => void; fresh: R; add: string; children: (row: R, put: (changes: Partial<R>) => void, number: number) => ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="stack" style={{ gap: 8 }}>
      {value.map((row, index) => (
        <div key={index} className="row window">
          {children(row, (changes) => change(value.map((each, at) => (at === index ? { ...each, ...changes } : each))), index + 1)}
          <Button type="text" danger aria-label={`${t("manage.remove")} ${index + 1}`} onClick={() => change(value.filter((_, at) => at !== index))}>{t("manage.remove")}</Button>
        </div>
      ))}
      <div><Button size="small" onClick={() => change([...value, fresh])}>{add}</Button></div>
    </div>
  );
}

export function Quotas({ value, change }: { value: unknown[]; change: (rows: unknown[]) => void }) {
  const { t } = useTranslation();
  return (
    <Rows<Quota> value={value as Quota[]} change={change} fresh={{ per: "week", whose: "person", hours: 20 }} add={t("rules.addQuota")}>
      {(row, put, number) => (
        <>
          <Select value={row.whose} aria-label={`${t("rules.terms.quotas")} ${number} ${t("rules.whose")}`} onChange={(whose) => put({ whose })} style={{ width: 110 }} options={(["person", "enterprise"] as const).map((one) => ({ value: one, label: t(`rules.who.${one}`) }))} />
          <Select value={row.per} aria-label={`${t("rules.terms.quotas")} ${number} ${t("rules.per")}`} onChange={(per) => put({ per })} style={{ width: 100 }} options={(["day", "week", "month"] as const).map((one) => ({ value: one, label: t(`rules.each.${one}`) }))} />
          <InputNumber<number> min={0} precision={0} value={row.count ?? null} suffix={t("rules.units.times")} aria-label={`${t("rules.terms.quotas")} ${number} ${t("rules.units.times")}`} onChange={(count) => put({ count })} style={{ width: 110 }} />
          <InputNumber<number> min={0} value={row.hours ?? null} suffix={t("rules.units.hours")} aria-label={`${t("rules.terms.quotas")} ${number} ${t("rules.units.hours")}`} onChange={(hours) => put({ hours })} style={{ width: 120 }} />
          <Select value={row.over ?? "instrument"} aria-label={`${t("rules.terms.quotas")} ${number} ${t("rules.over")}`} onChange={(over) => put({ over })} style={{ width: 170 }} options={OVER.map((one) => ({ value: one, label: t(`rules.counts.${one}`) }))} />
          <Checkbox checked={!!row.peak_only} onChange={(event) => put({ peak_only: event.target.checked })}>{t("rules.peakOnly")}</Checkbox>
        </>
      )}
    </Rows>
  );
}

export function Spans({ name, value, change }: { name: "peak" | "technician_hours"; value: unknown[]; change: (rows: unknown[]) => void }) {
  const { t } = useTranslation();
  return (
    <Rows<Span> value={value as Span[]} change={change} fresh={{ weekdays: [1, 2, 3, 4, 5], from_s: 9 * 3600, to_s: 17 * 3600 }} add={t("rules.addSpan")}>
      {(row, put, number) => (
        <>
          <WeekdaysSelect value={row.weekdays} change={(weekdays) => put({ weekdays })} label={`${t(`rules.terms.${name}`)} ${number} ${t("rules.weekdays")}`} />
          <SpanFields from={row.from_s} to={row.to_s} change={(from_s, to_s) => put({ from_s, to_s })} label={`${t(`rules.terms.${name}`)} ${number}`} />
        </>
      )}
    </Rows>
  );
}

export function Questions({ value, change }: { value: unknown[]; change: (rows: unknown[]) => void }) {
  const { t } = useTranslation();
  const count = value.length + 1;
  return (
    <Rows<Question> value={value as Question[]} change={change} fresh={{ key: `q${count}`, label_zh: "", label_en: "", type: "text", required: false, choices: [] }} add={t("rules.addQuestion")}>
      {(row, put, number) => (
        <>
          <Input value={row.label_zh} maxLength={100} placeholder={t("rules.questionZh")} aria-label={`${t("rules.questionZh")} ${number}`} onChange={(event) => put({ label_zh: event.target.value })} style={{ width: 200 }} />
          <Input value={row.label_en} maxLength={100} placeholder={t("rules.questionEn")} aria-label={`${t("rules.questionEn")} ${number}`} onChange={(event) => put({ label_en: event.target.value })} style={{ width: 200 }} />
          <Select value={row.type} aria-label={`${t("rules.questionType")} ${number}`} onChange={(type) => put({ type })} style={{ width: 110 }} options={(["text", "number", "choice", "boolean"] as const).map((one) => ({ value: one, label: t(`rules.types.${one}`) }))} />
          {row.type === "choice" && <Select<string[]> mode="tags" value={row.choices ?? []} aria-label={`${t("rules.choices")} ${number}`} placeholder={t("rules.choices")} onChange={(choices) => put({ choices })} style={{ minWidth: 180 }} />}
          <Checkbox checked={!!row.required} onChange={(event) => put({ required: event.target.checked })}>{t("rules.required")}</Checkbox>
        </>
      )}
    </Rows>
  );
}
