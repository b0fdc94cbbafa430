/** Bans with their reasons: whoever it is about appeals, the lab's manager decides. */

import { Alert, Button, Input, Modal } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { appealPenalty, decidePenalty, type Penalty, penalties } from "../api/lease";
import { pick, useLang } from "../i18n";
import { formatFen } from "../lib/money";
import { formatInstant } from "../lib/time";
import { useActing } from "../parts/acting";
import { Countdown } from "../parts/countdown";
import { type Tone, ToneTag } from "../parts/marks";
import { useMinute } from "../parts/now";
import { LAB_ZONE, PageHead, ZoneNote } from "../parts/page";
import { ReasonButton } from "../parts/reason";
import { Answer, Blank, Loading } from "../parts/states";
import { arrears } from "./manage/arrears/asked";
import { LabTabs } from "./manage/tabs";
import "./my/my.css";
import { MyTabs } from "./my/tabs";

const TOUCHES = ["penalties", "notices"];
const TEXT_MAX = 2000;

type Standing = "noticed" | "active" | "appealed" | "lifted" | "over";
const TONES: Record<Standing, Tone> = { noticed: "attention", active: "fault", appealed: "accent", lifted: "running", over: "offline" };

/** A ban that has run its course is over, whatever it was before. */
export function standingOf(one: Penalty, now: number): Standing {
  if (one.state !== "lifted" && now >= Date.parse(one.ends_at)) return "over";
  return one.state === "noticed" || one.state === "appealed" || one.state === "lifted" ? one.state : "active";
}

function AppealButton({ one }: { one: Penalty }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const said = text.trim();
  const appealing = useActing(() => appealPenalty(one.id, said), { touches: TOUCHES, said: t("bans.appealed"), then: () => setOpen(false) });
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>{t("bans.appeal")}</Button>
      <Modal open={open} title={t("bans.appeal")} okText={t("bans.send")} cancelText={t("common.close")} destroyOnHidden onCancel={() => setOpen(false)}
        confirmLoading={appealing.isPending} okButtonProps={{ disabled: !said }} onOk={() => appealing.mutate(undefined)}>
        <p className="soft" style={{ marginBottom: 12 }}>{t("bans.appealLead")}</p>
        <Input.TextArea rows={4} maxLength={TEXT_MAX} showCount aria-label={t("bans.why")} value={text} onChange={(event) => setText(event.target.value)} />
      </Modal>
    </>
  );
}

function Decide({ one }: { one: Penalty }) {
  const { t } = useTranslation();
  const deciding = useActing(
    ({ is_upheld, decision }: { is_upheld: boolean; decision: string }) => decidePenalty(one.id, is_upheld, decision),
    { touches: TOUCHES, said: t("lease.done") },
  );
  const button = (is_upheld: boolean, label: string) =>
    <ReasonButton label={label} danger={is_upheld} busy={deciding.isPending} send={(decision) => deciding.mutate({ is_upheld, decision })} />;
  return <>{button(true, t("bans.uphold"))}{button(false, t("bans.lift"))}</>;
}

function Ban({ one, decides }: { one: Penalty; decides: boolean }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  const standing = standingOf(one, now);
  const at = (text: string): string => formatInstant(Date.parse(text), LAB_ZONE, lang);
  const mayAppeal = !decides && (standing === "noticed" || standing === "active") && one.appeal === null;
  return (
    <article className="panel wait" data-penalty={standing}>
      <div className="stack" style={{ gap: 4 }}>
        <div className="row tight">
          <h2>{decides ? one.person : pick(lang, { institution_zh: one.institution_zh, institution_en: one.institution_en }, "institution")}</h2>
          <ToneTag tone={TONES[standing]}>{t(`bans.state.${standing}`)}</ToneTag>
        </div>
        <p>{pick(lang, one, "reason")}</p>
        <div><Link to={`/reservations/${one.reservation_id}`}>{t("bans.lastStraw")} →</Link></div>
        <p className="num soft">{t("bans.span", { from: at(one.starts_at), to: at(one.ends_at) })}</p>
        {standing === "noticed" && <p className="row tight"><span className="soft">{t("bans.beginsIn")}</span><Countdown until={one.starts_at} /></p>}
        <p className="faint">{t(`bans.why_${standing}`)}</p>
        {one.appeal && <blockquote className="said"><span className="soft">{t("bans.appealWas")}</span>{one.appeal}</blockquote>}
        {one.decision && <blockquote className="said"><span className="soft">{t("bans.decision")}</span>{one.decision}</blockquote>}
      </div>
      <div className="row">
        {mayAppeal && <AppealButton one={one} />}
        {decides && standing === "appealed" && <Decide one={one} />}
      </div>
    </article>
  );
}

/** Bills past their day bar as bans do. */
function Owing() {
  const { t } = useTranslation();
  const lang = useLang();
  const items = useQuery(arrears).data?.items ?? [];
  return items.map((one) => (
    <Alert key={one.id} type="warning" showIcon style={{ marginBottom: 16 }} data-owed
      title={t("arrears.owedTo", { who: pick(lang, one, "institution"), amount: formatFen(one.amount_fen), day: one.due_on, reason: one.reason })} />
  ));
}

export function PenaltiesPage({ decides = false }: { decides?: boolean }) {
  const { t } = useTranslation();
  const found = useQuery(penalties);
  return (
    <>
      <PageHead title={t(decides ? "bans.deciding" : "bans.title")} lead={t(decides ? "bans.decidingLead" : "bans.lead")} />
      {decides ? <LabTabs /> : <MyTabs />}
      {!decides && <Owing />}
      <Answer query={found} loading={<div className="panel"><Loading rows={5} /></div>}>
        {(list) => list.items.length === 0
          ? <div className="panel"><Blank title={t("bans.none")} lead={t(decides ? "bans.noneDeciding" : "bans.noneLead")} /></div>
          : <div className="stack">{list.items.map((one) => <Ban key={one.id} one={one} decides={decides} />)}<ZoneNote zone={LAB_ZONE} /></div>}
      </Answer>
    </>
  );
}
