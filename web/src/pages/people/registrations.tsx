/** One's own registration: how far it is, by when it is decided, what it still needs. */

import { Alert, Button, Popconfirm, Steps } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { isProblem } from "../../api/http";
import { needs, type Needs, ownRegistrations, type Registration, submit, withdraw } from "../../api/people";
import { pick, useLang } from "../../i18n";
import { formatInstant } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { Clock } from "../../parts/clock";
import { type Tone, ToneTag } from "../../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Blank, Loading } from "../../parts/states";
import { Correction } from "./correction";
import { Papers } from "./papers";
import "./people.css";

const TONES: Record<Registration["state"], Tone> = {
  draft: "attention", submitted: "accent", returned: "attention", approved: "running", rejected: "fault", withdrawn: "offline",
};
const STEP: Record<Registration["state"], number> = { draft: 1, returned: 1, submitted: 2, approved: 3, rejected: 3, withdrawn: 3 };

function Head({ one }: { one: Registration }) {
  const { t } = useTranslation();
  const lang = useLang();
  const at = (text: string): string => formatInstant(Date.parse(text), LAB_ZONE, lang);
  return (
    <section className="panel" data-registration={one.id} data-state={one.state}>
      <header>
        <h2>{one.organisation || t(`register.kind.${one.kind}`)}</h2>
        <span className="row tight">
          {one.organisation && <ToneTag tone="idle">{t(`register.kind.${one.kind}`)}</ToneTag>}
          <ToneTag tone={TONES[one.state]}>{t(`registrations.state.${one.state}`)}</ToneTag>
        </span>
      </header>
      <div className="panel-body stack">
        <Steps size="small" current={STEP[one.state]} status={one.state === "rejected" ? "error" : one.state === "approved" ? "finish" : "process"}
          responsive items={(["fill", "papers", "review", "result"] as const).map((step) => ({ title: t(`registrations.steps.${step}`) }))} />
        {one.state === "submitted" && one.due_at && (
          <div className="stack" style={{ gap: 4 }}>
            <span className="row tight">{t("registrations.dueAt")}<Clock dueAt={one.due_at} provisional={one.due_provisional} why={t("registrations.dueWhy")} /></span>
            <span className="faint">{t("registrations.dueWhy")}</span>
          </div>
        )}
        {one.state === "returned" && <Alert type="warning" showIcon title={t("registrations.stands")} />}
        {one.state === "approved" && <Alert type="success" showIcon title={t("registrations.approvedLead")} action={<Link to={one.kind === "institution" ? "/institution" : "/"}>{one.kind === "institution" ? t("institution.title") : t("registrations.go")}</Link>} />}
        {one.state === "rejected" && <Alert type="error" showIcon title={t("registrations.rejectedLead")} />}
        {one.decided_at && one.state !== "submitted" && <span className="faint">{t("registrations.decided", { at: at(one.decided_at) })}</span>}
        {one.remarks.length > 0 && (
          <div>
            <h3 style={{ fontSize: 14, marginBottom: 6 }}>{t("registrations.remarks")}</h3>
            <ul className="remarks">{one.remarks.map((remark) => <li key={remark.field + remark.text}>{remark.text}</li>)}</ul>
          </div>
        )}
      </div>
    </section>
  );
}

function One({ one, all }: { one: Registration; all: Needs }) {
  const { t } = useTranslation();
  const lang = useLang();
  const editable = one.state === "draft" || one.state === "returned";
  const needed = all.items.find((kind) => kind.kind === one.kind)?.papers ?? [];
  const [faults, setFaults] = useState<ReadonlyMap<string, string>>(new Map());
  const touches = ["registrations"];
  const submitting = useActing(() => submit(one.id), { touches, said: t("registrations.submitted"), then: () => setFaults(new Map()) });
  const leaving = useActing(() => withdraw(one.id), { touches, said: t("registrations.withdrawn") });
  const send = (): void =>
    submitting.mutate(undefined, {
      onError: (error) => {
        if (isProblem(error)) setFaults(new Map(error.problems.map((problem) => [problem.field ?? "", pick(lang, problem, "detail")])));
      },
    });
  return (
    <div className="stack">
      <Head one={one} />
      {one.state !== "withdrawn" && <Papers one={one} needed={needed} editable={editable} faults={faults} />}
      {one.state === "returned" && <Correction one={one} />}
      <div className="row">
        {editable && <Button type="primary" size="large" loading={submitting.isPending} onClick={send} data-submit>{t(one.state === "draft" ? "registrations.submit" : "registrations.resubmit")}</Button>}
        {(editable || one.state === "submitted") && (
          <Popconfirm title={t("registrations.withdrawAsk")} onConfirm={() => leaving.mutate(undefined)} okText={t("registrations.withdraw")} okButtonProps={{ danger: true }}>
            <Button danger loading={leaving.isPending}>{t("registrations.withdraw")}</Button>
          </Popconfirm>
        )}
      </div>
    </div>
  );
}

export function RegistrationsPage() {
  const { t } = useTranslation();
  const all = useQuery(needs);
  const found = useQuery({ ...ownRegistrations, refetchInterval: 30_000 });
  return (
    <>
      <PageHead title={t("registrations.title")} lead={t("registrations.lead")} />
      <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
        {(list) => list.items.length === 0 || !all.data ? <div className="panel">{all.data ? <Blank title={t("registrations.none")} lead={t("registrations.noneLead")} /> : <Loading />}</div> : (
          <div className="stack" style={{ gap: 28 }}>
            {list.items.map((one) => <One key={one.id} one={one} all={all.data} />)}
            <ZoneNote zone={LAB_ZONE} />
          </div>
        )}
      </Answer>
    </>
  );
}
