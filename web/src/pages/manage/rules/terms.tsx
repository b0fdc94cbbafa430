/** The terms of use of one scope: what is left empty holds as the wider scope says. */

import { Alert, Button, InputNumber, Select, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { fromTyped, GROUPS, type GroupName, LAPSES, NUMBERS, type NumberTerm, OFFENCES, SWITCHES, type SwitchTerm, type TermName, type Terms, toTyped, withTerm } from "../../../lib/terms";
import { useActing } from "../../../parts/acting";
import { Problems } from "../../../parts/refusal";
import { type Policy, putPolicy, type Scope } from "./asked";
import { Questions, Quotas, Spans } from "./term-rows";

const isNumber = (name: TermName): name is NumberTerm => name in NUMBERS;
const isSwitch = (name: TermName): name is SwitchTerm => (SWITCHES as readonly string[]).includes(name);

interface FieldProps {
  name: TermName;
  value: unknown;
  wider: unknown;
  change: (value: unknown) => void;
}

function NumberField({ name, value, wider, change }: FieldProps & { name: NumberTerm }) {
  const { t } = useTranslation();
  const unit = NUMBERS[name];
  const held = toTyped(wider, unit);
  return (
    <InputNumber<number> min={0} value={toTyped(value, unit)} placeholder={held === null ? t("rules.noLimit") : String(held)} suffix={t(`rules.units.${unit}`)} aria-label={t(`rules.terms.${name}`)}
      onChange={(typed) => change(typed === null ? undefined : fromTyped(typed, unit))} style={{ width: 170 }} />
  );
}

function ChoiceField({ name, value, wider, change }: FieldProps) {
  const { t } = useTranslation();
  if (isSwitch(name)) {
    const word = (one: unknown): string => t(one ? "rules.yes" : "rules.no");
    return <Select style={{ width: 170 }} value={value === undefined ? "" : value ? "yes" : "no"} aria-label={t(`rules.terms.${name}`)} onChange={(next: string) => change(next === "" ? undefined : next === "yes")}
      options={[{ value: "", label: t("rules.asWider", { value: word(wider) }) }, { value: "yes", label: t("rules.yes") }, { value: "no", label: t("rules.no") }]} />;
  }
  if (name === "when_calibration_lapses") {
    const word = (one: unknown): string => t(`rules.lapses.${LAPSES.find((each) => each === one) ?? "waiver"}`);
    return <Select style={{ width: 240 }} value={typeof value === "string" ? value : ""} aria-label={t(`rules.terms.${name}`)} onChange={(next: string) => change(next || undefined)}
      options={[{ value: "", label: t("rules.asWider", { value: word(wider) }) }, ...LAPSES.map((one) => ({ value: one, label: word(one) }))]} />;
  }
  const chosen = Array.isArray(value) ? (value as string[]) : (wider as string[]);
  return <Select<string[]> mode="multiple" style={{ minWidth: 260 }} value={chosen} aria-label={t("rules.terms.punished")} onChange={change} options={OFFENCES.map((one) => ({ value: one, label: t(`rules.offences.${one}`) }))} />;
}

function Field(props: FieldProps) {
  const { name, value, wider, change } = props;
  const rows = (Array.isArray(value) ? value : wider) as unknown[];
  if (isNumber(name)) return <NumberField {...props} name={name} />;
  if (name === "quotas") return <Quotas value={rows} change={change} />;
  if (name === "peak" || name === "technician_hours") return <Spans name={name} value={rows} change={change} />;
  if (name === "questions") return <Questions value={rows} change={change} />;
  return <ChoiceField {...props} />;
}

/** Short terms stand beside one another; those that are lists take the whole width. */
const COLUMNS: GroupName[][] = [["asking", "cancelling", "usage"], ["times", "attending"]];
const WHOLE: GroupName[] = ["limits", "technicians", "questions"];

export function TermsEditor({ scope, policy, wider }: { scope: Scope; policy: Policy | undefined; wider: Terms }) {
  const { t } = useTranslation();
  const said: Terms = policy?.terms ?? {};
  const [terms, setTerms] = useState(said);
  const saving = useActing(() => putPolicy(scope, terms), { touches: ["booking-policies", "instrument", "terms"], said: t("rules.termsSaved") });
  const isChanged = JSON.stringify(terms) !== JSON.stringify(said);
  const section = (group: GroupName) => (
    <section key={group} className={WHOLE.includes(group) ? "panel term-group whole" : "panel term-group"} aria-label={t(`rules.groups.${group}`)}>
      <header><h2>{t(`rules.groups.${group}`)}</h2></header>
      <dl className="panel-body terms">
        {GROUPS[group].map((name: TermName) => (
          <div key={name} data-term={name}>
            <dt>{t(`rules.terms.${name}`)}{name in terms && <Tag color="blue" variant="outlined">{t("rules.own")}</Tag>}{name in terms && <Button size="small" type="link" aria-label={`${t("rules.takeBack")} ${t(`rules.terms.${name}`)}`} onClick={() => setTerms(withTerm(terms, name, undefined))}>{t("rules.takeBack")}</Button>}</dt>
            <dd><Field name={name} value={terms[name]} wider={wider[name]} change={(value) => setTerms(withTerm(terms, name, value))} /></dd>
          </div>
        ))}
      </dl>
    </section>
  );
  return (
    <div className="stack">
      <p className="soft">{t("rules.termsLead")} {policy && t("rules.version", { version: policy.version })}</p>
      <div className="term-groups">
        {COLUMNS.map((groups) => <div key={groups[0]} className="stack">{groups.map(section)}</div>)}
      </div>
      {WHOLE.map(section)}
      {saving.isError && <Alert type="error" showIcon title={<Problems error={saving.error} />} />}
      <div className="row save-bar">
        <Button type="primary" disabled={!isChanged} loading={saving.isPending} onClick={() => saving.mutate(undefined)}>{t("rules.saveTerms")}</Button>
        {isChanged && <Button onClick={() => setTerms(said)}>{t("rules.undo")}</Button>}
        <span className="soft">{t("rules.keeps")}</span>
      </div>
    </div>
  );
}
