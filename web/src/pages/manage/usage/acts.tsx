/** What the lab does with a use: confirm it, put it right, answer an objection, say what it was. */

import { Button, Form, Input, InputNumber, Popconfirm } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../../api/http";
import { reservationAt } from "../../../api/lease";
import { useLang } from "../../../i18n";
import { formatFen } from "../../../lib/money";
import { formatLength, MINUTE } from "../../../lib/time";
import { useActing } from "../../../parts/acting";
import { explain, type Laid, proposal } from "./asked";

type Verb = "correct" | "resolve" | "explain";

function send(one: Laid, verb: Verb, reason: string, metered_ms: number | null): Promise<unknown> {
  if (!one.reservation || verb === "explain") return explain({ id: one.usage.id, reason, metered_ms });
  return post(`${reservationAt(one.reservation.id)}/usage/${verb}`, { reason, ...(metered_ms === null ? {} : { metered_ms }) });
}

/** A number of minutes and a reason, with what the client would pay then. */
function Settling({ one, verb, done }: { one: Laid; verb: Verb; done: () => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [minutes, setMinutes] = useState<number | null>(verb === "correct" ? Math.round(one.usage.metered_ms / 6_000) / 10 : null);
  const [reason, setReason] = useState("");
  const ms = minutes === null ? null : Math.round(minutes * MINUTE);
  const passed = Date.parse(one.usage.ended_at) - Date.parse(one.usage.started_at);
  const told = useQuery({ ...proposal(one.reservation?.id ?? "", ms), enabled: !!one.reservation });
  const settling = useActing(() => send(one, verb, reason.trim(), ms), { touches: ["usage", "reservations", "alarms"], said: t(`usageDesk.${verb}Done`), then: done });
  const ready = !!reason.trim() && (verb !== "correct" || ms !== null);
  return (
    <Form layout="vertical" requiredMark={false} className="settling" onFinish={() => ready && settling.mutate(undefined)} aria-label={t(`usageDesk.${verb}`)}>
      <Form.Item label={t("usageDesk.minutes")} htmlFor="usage-minutes" extra={t(verb === "correct" ? "usageDesk.minutesMost" : "usageDesk.minutesKept", { most: formatLength(passed, lang), metered: formatLength(one.usage.metered_ms, lang) })}>
        <InputNumber id="usage-minutes" min={0} max={passed / MINUTE} precision={1} value={minutes} onChange={setMinutes} style={{ width: 160 }} />
      </Form.Item>
      <Form.Item label={t("usageDesk.reason")} htmlFor="usage-reason">
        <Input.TextArea id="usage-reason" rows={2} maxLength={500} value={reason} placeholder={t(`usageDesk.${verb}Hint`)} onChange={(event) => setReason(event.target.value)} />
      </Form.Item>
      {told.data && <p className="soft" aria-live="polite">{t("usageDesk.wouldCost")} <b className="num" data-would-cost>{formatFen(told.data.amount_fen, told.data.currency)}</b></p>}
      <div className="row">
        <Button type="primary" htmlType="submit" disabled={!ready} loading={settling.isPending}>{t(`usageDesk.${verb}`)}</Button>
        <Button onClick={done}>{t("manage.cancel")}</Button>
      </div>
    </Form>
  );
}

export function UsageActs({ one }: { one: Laid }) {
  const { t } = useTranslation();
  const [verb, setVerb] = useState<Verb | null>(null);
  const confirming = useActing(() => post(`${reservationAt(one.reservation?.id ?? "")}/usage/confirm`), { touches: ["usage", "reservations"], said: t("usageDesk.confirmDone") });
  if (one.acts.length === 0) return null;
  if (verb) return <Settling key={verb} one={one} verb={verb} done={() => setVerb(null)} />;
  const offered = (["correct", "resolve", "explain"] as const).filter((each) => one.acts.includes(each));
  return (
    <div className="row">
      {one.acts.includes("confirm") && (
        <Popconfirm title={t("usageDesk.confirmSure")} okText={t("usageDesk.confirm")} cancelText={t("manage.cancel")} onConfirm={() => confirming.mutate(undefined)}>
          <Button type="primary" loading={confirming.isPending}>{t("usageDesk.confirm")}</Button>
        </Popconfirm>
      )}
      {offered.map((each) => <Button key={each} type={each === "correct" ? "default" : "primary"} onClick={() => setVerb(each)}>{t(`usageDesk.${each}`)}</Button>)}
    </div>
  );
}
