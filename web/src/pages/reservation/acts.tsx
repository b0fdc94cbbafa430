/** What the reader may do now with a reservation: a button for each act the server names. */

import { Button, Popconfirm, Skeleton } from "antd";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import { type Act, details, type Details, reservationAt } from "../../api/lease";
import type { Reservation } from "../../api/types";
import { useLang } from "../../i18n";
import { formatFen } from "../../lib/money";
import { formatInstant } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { zoneOf } from "../../parts/page";
import { ReasonButton } from "../../parts/reason";
import { ExtendButton, MoveButton, PersonButton, TOUCHES, UsageButton } from "./dialogs";
import { RewriteButton } from "./rewrite";

/** What cancelling now costs, in one sentence; asked for when it is about to be done. */
export function CancelCost({ more, zone }: { more: Details; zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const { kind, fee_fen, free_until, late_fee_permille } = more.cancelling;
  const percent = late_fee_permille / 10;
  const text = kind === "by_lab" ? t("lease.cancelByLab")
    : kind === "late" ? t("lease.cancelLate", { fee: formatFen(fee_fen), percent })
    : free_until ? t("lease.cancelFreeUntil", { at: formatInstant(Date.parse(free_until), zone, lang), percent })
    : t("lease.cancelFree");
  return <span data-cancel-cost={kind}>{text}</span>;
}

function CancelWords({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const found = useQuery(details(one.id));
  return (
    <div style={{ maxWidth: 320 }}>
      <p>{t("my.cancelAskLead")}</p>
      {found.data ? <CancelCost more={found.data} zone={zoneOf(one.instrument)} /> : <Skeleton.Input active size="small" />}
    </div>
  );
}

function CancelButton({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const cancelling = useActing(() => post(`${reservationAt(one.id)}/cancel`, { reason: "" }), { touches: TOUCHES, said: t("my.cancelled") });
  return (
    <Popconfirm open={open} onOpenChange={setOpen} title={t("my.cancelAsk")} description={open && <CancelWords one={one} />} okText={t("my.cancel")}
      cancelText={t("my.keep")} okButtonProps={{ danger: true }} onConfirm={() => cancelling.mutate(undefined)}>
      <Button loading={cancelling.isPending}>{t("my.cancel")}</Button>
    </Popconfirm>
  );
}

function EndButton({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const ending = useActing(() => post(`${reservationAt(one.id)}/end`), { touches: TOUCHES, said: t("my.ended") });
  return (
    <Popconfirm title={t("my.endAsk")} description={t("my.endAskLead")} okText={t("my.end")} cancelText={t("my.keep")} onConfirm={() => ending.mutate(undefined)}>
      <Button loading={ending.isPending}>{t("my.end")}</Button>
    </Popconfirm>
  );
}

type PlainVerb = "endorse" | "samples" | "usage/confirm" | "approve" | "accept-time" | "confirm" | "check-in";

function Plain({ one, verb, word, said }: { one: Reservation; verb: PlainVerb; word: string; said: string }) {
  const acting = useActing(() => post(`${reservationAt(one.id)}/${verb}`), { touches: TOUCHES, said });
  return <Button type="primary" loading={acting.isPending} onClick={() => acting.mutate(undefined)}>{word}</Button>;
}

type ReasonVerb = "interrupt" | "reject" | "decline-time" | "usage/dispute" | "turn-down";

function WithReason({ one, verb, word, danger = false }: { one: Reservation; verb: ReasonVerb; word: string; danger?: boolean }) {
  const { t } = useTranslation();
  const acting = useActing((reason: string) => post(`${reservationAt(one.id)}/${verb}`, { reason }), { touches: TOUCHES, said: t("lease.done") });
  return <ReasonButton label={word} danger={danger} busy={acting.isPending} send={(reason) => acting.mutate(reason)} />;
}

/** Least weighty first, so that what the reader came for stands last and is the primary one. */
const ORDER: Act[] = [
  "interrupt", "cancel", "rewrite", "hand-over", "technician", "move", "retime", "extend", "end", "reject", "turn-down", "decline-time",
  "correct-usage", "dispute", "resolve", "confirm-usage", "samples", "endorse", "approve", "accept-time", "confirm", "check-in",
];

function useButton(one: Reservation): (act: Act) => ReactNode {
  const { t } = useTranslation();
  return (act) => {
    switch (act) {
      case "cancel": return <CancelButton one={one} />;
      case "rewrite": return <RewriteButton one={one} />;
      case "end": return <EndButton one={one} />;
      case "move": return <MoveButton one={one} verb="move" />;
      case "retime": return <MoveButton one={one} verb="retime" />;
      case "extend": return <ExtendButton one={one} />;
      case "hand-over": return <PersonButton one={one} verb="hand-over" />;
      case "technician": return <PersonButton one={one} verb="technician" />;
      case "correct-usage": return <UsageButton one={one} verb="correct" />;
      case "resolve": return <UsageButton one={one} verb="resolve" />;
      case "interrupt": return <WithReason one={one} verb="interrupt" word={t("lease.act.interrupt")} danger />;
      case "reject": return <WithReason one={one} verb="reject" word={t("lease.act.reject")} danger />;
      case "decline-time": return <WithReason one={one} verb="decline-time" word={t("lease.act.declineTime")} />;
      case "dispute": return <WithReason one={one} verb="usage/dispute" word={t("lease.act.dispute")} />;
      case "turn-down": return <WithReason one={one} verb="turn-down" word={t("lease.act.turnDown")} danger />;
      case "endorse": return <Plain one={one} verb="endorse" word={t("lease.act.endorse")} said={t("my.approved")} />;
      case "samples": return <Plain one={one} verb="samples" word={t("lease.act.samples")} said={t("lease.done")} />;
      case "confirm-usage": return <Plain one={one} verb="usage/confirm" word={t("lease.act.confirmUsage")} said={t("acts.usageConfirmed")} />;
      case "approve": return <Plain one={one} verb="approve" word={t("lease.act.approve")} said={t("my.approved")} />;
      case "accept-time": return <Plain one={one} verb="accept-time" word={t("lease.act.acceptTime")} said={t("acts.confirmed")} />;
      case "confirm": return <Plain one={one} verb="confirm" word={t("lease.act.confirm")} said={t("acts.confirmed")} />;
      case "check-in": return <Plain one={one} verb="check-in" word={t("my.checkIn")} said={t("my.checkedIn")} />;
    }
  };
}

export function Acts({ one, only }: { one: Reservation; only?: readonly Act[] }) {
  const button = useButton(one);
  const shown = ORDER.filter((act) => one.acts.includes(act) && (!only || only.includes(act)));
  return <div className="row acts" data-acts={one.acts.join(" ")}>{shown.map((act) => <span key={act} data-act={act}>{button(act)}</span>)}</div>;
}
