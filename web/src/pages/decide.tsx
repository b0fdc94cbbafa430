/** What staff decide about a reservation: yes or no before it, the machine time after it. */

import { Button } from "antd";
import { useTranslation } from "react-i18next";

import { post } from "../api/http";
import { reservationAt } from "../api/lease";
import type { Reservation } from "../api/types";
import { useActing } from "../parts/acting";
import { ReasonButton } from "../parts/reason";

export function Decide({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const path = reservationAt(one.id);
  const approving = useActing(() => post(`${path}/approve`), { touches: ["reservations"], said: t("my.approved") });
  const rejecting = useActing((reason: string) => post(`${path}/reject`, { reason }), { touches: ["reservations"], said: t("my.rejected") });
  return (
    <span className="row tight" style={{ marginTop: 4 }}>
      <Button size="small" type="primary" loading={approving.isPending} onClick={() => approving.mutate(undefined)}>{t("my.approve")}</Button>
      <ReasonButton small danger label={t("my.reject")} busy={rejecting.isPending} send={(reason) => rejecting.mutate(reason)} />
    </span>
  );
}

export function ConfirmUsage({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const confirming = useActing(() => post(`${reservationAt(one.id)}/usage/confirm`), { touches: ["reservations"], said: t("acts.usageConfirmed") });
  return <Button size="small" style={{ marginTop: 4 }} loading={confirming.isPending} onClick={() => confirming.mutate(undefined)}>{t("acts.confirmUsage")}</Button>;
}
