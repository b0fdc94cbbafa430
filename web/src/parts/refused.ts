/** Puts every problem of the server's answer at its field of a form, all at once. */

import type { FormInstance } from "antd";

import { isProblem } from "../api/http";
import { pick, useLang } from "../i18n";

/** Where the server's refusals as a whole belong, when they name no field. */
export type Homes = Record<string, string>;

/** "consents.terms" and "body.phone" as a form names its fields. */
function nameOf(field: string): string[] {
  return field.replace(/^body\./, "").split(".");
}

export function useRefusals(form: FormInstance, homes: Homes = {}): (error: Error | null) => number {
  const lang = useLang();
  return (error) => {
    if (!isProblem(error)) return 0;
    const home = homes[error.code];
    const said = home
      ? [{ field: home, text: pick(lang, { detail_zh: error.document.detail_zh ?? "", detail_en: error.document.detail_en ?? "" }, "detail") }]
      : error.problems.filter((one) => one.field).map((one) => ({ field: one.field ?? "", text: pick(lang, one, "detail") }));
    const fields = [...new Set(said.map((one) => one.field))];
    form.setFields(fields.map((field) => ({ name: nameOf(field), errors: said.filter((one) => one.field === field).map((one) => one.text) })));
    if (fields[0]) form.scrollToField(nameOf(fields[0]), { block: "center", focus: true });
    return fields.length;
  };
}
