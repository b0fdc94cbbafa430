/** The manager's yes or no to a reservation that waits for it. */

import { Button, Input, Popconfirm } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../api/http";
import type { Reservation } from "../api/types";
import { useActing } from "../parts/acting";

export function Decide({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const path = `/reservations/${encodeURIComponent(one.id)}`;
  const approving = useActing(() => post<Reservation>(`${path}/approve`), { touches: ["reservations"], said: t("my.approved") });
  const rejecting = useActing((why: string) => post<Reservation>(`${path}/reject`, { reason: why }), { touches: ["reservations"], said: t("my.rejected") });
  return (
    <span className="row tight" style={{ marginTop: 4 }}>
      <Button size="small" type="primary" loading={approving.isPending} onClick={() => approving.mutate(undefined)}>{t("my.approve")}</Button>
      <Popconfirm title={t("my.rejectWhy")} okButtonProps={{ disabled: !reason.trim(), danger: true }} okText={t("my.reject")} onConfirm={() => rejecting.mutate(reason.trim())}
        description={<Input.TextArea rows={2} maxLength={400} aria-label={t("my.rejectWhy")} value={reason} onChange={(event) => setReason(event.target.value)} />}>
        <Button size="small" loading={rejecting.isPending}>{t("my.reject")}</Button>
      </Popconfirm>
    </span>
  );
}
