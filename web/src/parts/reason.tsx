/** A button that asks for a reason before it acts. */

import { Button, Input, Popconfirm } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

export function ReasonButton({ label, busy, send, small = false, danger = false }: {
  label: string;
  busy: boolean;
  send: (reason: string) => void;
  small?: boolean;
  danger?: boolean;
}) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const said = reason.trim();
  return (
    <Popconfirm title={t("acts.why")} okText={label} okButtonProps={{ disabled: !said, danger }} onConfirm={() => send(said)}
      description={<Input.TextArea rows={2} maxLength={300} aria-label={t("acts.why")} value={reason} onChange={(event) => setReason(event.target.value)} />}>
      <Button size={small ? "small" : "medium"} danger={danger} loading={busy}>{label}</Button>
    </Popconfirm>
  );
}
