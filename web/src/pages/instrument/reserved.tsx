/** What came of the form: reserved, waiting for somebody's yes, or held for some minutes. */

import { Button, Result } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { reservation } from "../../api/calls";
import type { Instrument, Reservation } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { formatSpan } from "../../lib/time";
import { Countdown } from "../../parts/countdown";
import { Acts } from "../reservation/acts";

export function Reserved({ instrument, made, again }: { instrument: Instrument; made: Reservation; again: () => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  // A hold ends by itself, and is confirmed from here: its state is asked for again.
  const found = useQuery({ ...reservation(made.id), initialData: made, refetchInterval: 10_000 });
  const one = found.data;
  const isOpen = one.state === "held" || one.state === "draft";
  const title = one.state === "held" ? t("form.held")
    : one.state === "draft" ? t("form.drafted")
    : one.state === "submitted" || one.state === "proposed" ? t("form.submitted")
    : one.state === "expired" ? t("reservation.expired")
    : one.state === "cancelled" ? t("my.cancelled")
    : t("booking.done");
  const isGone = one.state === "expired" || one.state === "cancelled";
  return (
    <section className="panel" data-reserved={one.id} data-state={one.state}>
      <Result status={isGone || one.state === "draft" ? "info" : "success"} title={title} style={{ padding: "28px 16px" }}
        subTitle={t("booking.doneLead", {
          instrument: pick(lang, instrument, "name"),
          span: formatSpan(Date.parse(one.starts_at), Date.parse(one.ends_at), instrument.time_zone, lang),
        })}
        extra={
          <div className="stack" style={{ gap: 12, alignItems: "center" }}>
            {one.state === "held" && one.expires_at && <Countdown until={one.expires_at} />}
            {isOpen && <Acts one={one} only={["confirm", "cancel"]} />}
            <div className="row" style={{ justifyContent: "center" }}>
              <Link to="/my"><Button type={isOpen ? "default" : "primary"} tabIndex={-1}>{t("booking.toMy")}</Button></Link>
              <Link to={`/reservations/${one.id}`}><Button tabIndex={-1}>{t("lease.openPage")}</Button></Link>
              <Button onClick={again}>{t("booking.again")}</Button>
            </div>
          </div>
        } />
    </section>
  );
}
