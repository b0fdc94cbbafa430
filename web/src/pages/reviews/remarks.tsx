/** A remark on one field or paper, written beside it; all of them are told the applicant at once. */

import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

export type Remarks = Readonly<Record<string, string>>;

export interface Remarking {
  all: Remarks;
  put: (field: string, text: string) => void;
  disabled: boolean;
}

export function RemarkOn({ field, what, remarks }: { field: string; what: string; remarks: Remarking }) {
  const { t } = useTranslation();
  const text = remarks.all[field] ?? "";
  const [open, setOpen] = useState(text !== "");
  if (remarks.disabled) return null;
  if (!open) return <Button size="small" type="text" onClick={() => setOpen(true)} aria-label={`${t("desk.remarkAdd")}: ${what}`} data-remark={field}>{t("desk.remarkAdd")}</Button>;
  return (
    <div className="wide">
      <Input.TextArea autoFocus autoSize={{ minRows: 1, maxRows: 5 }} maxLength={500} value={text} aria-label={t("desk.remarkFor", { what })} placeholder={t("desk.remarkFor", { what })}
        onChange={(event) => remarks.put(field, event.target.value)} onBlur={() => setOpen(text.trim() !== "")} />
    </div>
  );
}
