/** What a client answers: yes to a hold or a new time, no to a machine time. */

import { Button } from "antd";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import type { Reservation } from "../../api/types";
import { useActing } from "../../parts/acting";
import { ReasonButton } from "../../parts/reason";

export function Answers({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const path = `/reservations/${encodeURIComponent(one.id)}`;
  const touches = ["reservations", "calendar"];
  const saying = useActing((verb: "confirm" | "accept-time") => post<Reservation>(`${path}/${verb}`), { touches, said: t("acts.confirmed") });
  const declining = useActing((reason: string) => post<Reservation>(`${path}/decline-time`, { reason }), { touches });
  const disputing = useActing((reason: string) => post<Reservation>(`${path}/usage/dispute`, { reason }), { touches, said: t("acts.disputed") });
  if (one.state === "draft" || one.state === "held") {
    return <Button type="primary" loading={saying.isPending} onClick={() => saying.mutate("confirm")}>{t("acts.confirm")}</Button>;
  }
  if (one.state === "retimed") {
    return (
      <>
        <ReasonButton label={t("acts.declineTime")} busy={declining.isPending} send={(reason) => declining.mutate(reason)} />
        <Button type="primary" loading={saying.isPending} onClick={() => saying.mutate("accept-time")}>{t("acts.acceptTime")}</Button>
      </>
    );
  }
  if (one.state === "metered") return <ReasonButton label={t("acts.dispute")} busy={disputing.isPending} send={(reason) => disputing.mutate(reason)} />;
  return null;
}
