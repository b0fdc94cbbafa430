/** One application with everything its decision needs: who it is, the papers, the clock, the verdict. */

import { Alert, App, Button, Input, Popconfirm } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";

import { post } from "../../api/http";
import { type MaskedField, needs, type Need, review, type Review } from "../../api/people";
import { pick, useLang } from "../../i18n";
import { formatInstant } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { Clock } from "../../parts/clock";
import { type Tone, ToneTag } from "../../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { ReasonButton } from "../../parts/reason";
import { Answer, Loading } from "../../parts/states";
import { Picture } from "./picture";
import { RemarkOn, type Remarking, type Remarks } from "./remarks";
import "../people/people.css";

const MASKED: MaskedField[] = ["real_name", "identity_number", "phone", "email"];
const TONES: Record<Review["state"], Tone> = {
  draft: "idle", submitted: "accent", returned: "attention", approved: "running", rejected: "fault", withdrawn: "offline",
};
const WHOLE = "";

function Row({ name, children, field, remarks }: { name: string; children: React.ReactNode; field: string; remarks: Remarking }) {
  return (
    <div className="field-row" data-field={field}>
      <span className="name">{name}</span>
      <span className="row tight">{children}</span>
      <RemarkOn field={field} what={name} remarks={remarks} />
    </div>
  );
}

function Masked({ one, field, remarks }: { one: Review; field: MaskedField; remarks: Remarking }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<string | null>(null);
  const revealing = useActing(
    (reason: string) => post(`/reviews/registrations/${one.id}/reveal`, { field, reason }),
    { touches: [], then: (made) => setShown(made.text) },
  );
  return (
    <Row name={t(`reviews.${field}`)} field={field} remarks={remarks}>
      <span className="num" data-value={field}>{shown ?? (one[field] || "—")}</span>
      {!shown && one[field] && <ReasonButton small label={t("desk.reveal")} busy={revealing.isPending} send={(reason) => revealing.mutate(reason)} />}
    </Row>
  );
}

function Who({ one, remarks }: { one: Review; remarks: Remarking }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <section className="panel">
      <header><h2>{one.organisation || one.applicant}</h2><ToneTag tone="idle">{t(`register.kind.${one.kind}`)}</ToneTag></header>
      <div className="panel-body stack">
        {one.joins && <Alert type="warning" showIcon title={one.kind === "institution" ? t("desk.joinsInstitution") : t("desk.joins", { name: one.joins })} />}
        <div>
          {one.kind !== "ordinary" && (
            <>
              <Row name={t("reviews.organisation")} field="organisation" remarks={remarks}>{one.organisation}</Row>
              <Row name={t("reviews.creditCode")} field="credit_code" remarks={remarks}><span className="mono">{one.credit_code}</span></Row>
            </>
          )}
          {MASKED.map((field) => <Masked key={field} one={one} field={field} remarks={remarks} />)}
          <Row name={t("reviews.login")} field="display_name" remarks={remarks}>{one.display_name} <span className="faint mono">{one.login}</span></Row>
        </div>
        <dl className="pair">
          <dt>{t("reviews.submitted")}</dt><dd className="num">{one.submitted_at ? formatInstant(Date.parse(one.submitted_at), LAB_ZONE, lang) : "—"}</dd>
          <dt>{t("desk.handler")}</dt><dd>{one.first_handler ?? <span className="faint">{t("desk.handlerNone")}</span>}</dd>
        </dl>
        {one.remarks.length > 0 && (
          <div>
            <h3 style={{ fontSize: 14, marginBottom: 6 }}>{t("desk.lastRemarks")}</h3>
            <ul className="remarks">{one.remarks.map((remark) => <li key={remark.field + remark.text}>{remark.text}</li>)}</ul>
          </div>
        )}
      </div>
    </section>
  );
}

function Paper({ one, need, remarks }: { one: Review; need: Need; remarks: Remarking }) {
  const { t } = useTranslation();
  const lang = useLang();
  const label = pick(lang, need, "name");
  const paper = one.papers.find((given) => given.paper === need.paper);
  return (
    <li data-paper={need.paper}>
      <b style={{ fontWeight: 600 }}>{label}</b>
      <RemarkOn field={`papers.${need.paper}`} what={label} remarks={remarks} />
      <div className="wide">
        {paper?.file_id ? <Picture id={paper.file_id} label={label} />
          : paper?.lacking_because ? <p className="soft">{t("desk.lacks")} {paper.lacking_because}</p>
            : <ToneTag tone="fault">{t("desk.notHandedIn")}</ToneTag>}
      </div>
    </li>
  );
}

type Verb = "approve" | "send-back" | "reject";

function Verdict({ one, remarks }: { one: Review; remarks: Remarking }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const go = useNavigate();
  const said = Object.entries(remarks.all).map(([field, text]) => ({ field, text: text.trim() })).filter((remark) => remark.text);
  const deciding = useActing(
    (verb: Verb): Promise<unknown> => (verb === "approve" ? post(`/reviews/registrations/${one.id}/approve`) : post(`/reviews/registrations/${one.id}/${verb}`, { remarks: said })),
    { touches: ["reviews", "due-dates"] },
  );
  const decide = (verb: Verb, text: string): void =>
    deciding.mutate(verb, { onSuccess: () => { void message.success(text); void go("/reviews"); } });
  const busy = (verb: Verb): boolean => deciding.isPending && deciding.variables === verb;
  return (
    <div className="decide">
      <Input.TextArea style={{ flex: "1 1 260px" }} autoSize={{ minRows: 1, maxRows: 4 }} maxLength={500} aria-label={t("desk.remarkWhole")} placeholder={t("desk.remarkWhole")}
        value={remarks.all[WHOLE] ?? ""} onChange={(event) => remarks.put(WHOLE, event.target.value)} />
      <span className="faint" data-remarks={said.length}>{said.length > 0 ? t("desk.remarkCount", { count: said.length }) : t("desk.needRemark")}</span>
      <span className="row tight">
        <Popconfirm title={t("desk.approveAsk")} okText={t("desk.approve")} onConfirm={() => decide("approve", t("reviews.approved"))} disabled={said.length > 0}>
          <Button type="primary" loading={busy("approve")} disabled={said.length > 0}>{t("desk.approve")}</Button>
        </Popconfirm>
        <Button disabled={said.length === 0} loading={busy("send-back")} onClick={() => decide("send-back", t("reviews.sentBack"))}>{t("desk.sendBack")}</Button>
        <Popconfirm title={t("desk.rejectAsk")} okText={t("desk.reject")} okButtonProps={{ danger: true }} onConfirm={() => decide("reject", t("reviews.rejected"))} disabled={said.length === 0}>
          <Button danger disabled={said.length === 0} loading={busy("reject")}>{t("desk.reject")}</Button>
        </Popconfirm>
      </span>
    </div>
  );
}

export function ReviewPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const { id = "" } = useParams();
  const [all, setAll] = useState<Remarks>({});
  const found = useQuery(review(id));
  const needed = useQuery(needs);
  const put = (field: string, text: string): void => setAll((before) => ({ ...before, [field]: text }));
  return (
    <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
      {(one) => {
        const remarks: Remarking = { all, put, disabled: one.state !== "submitted" };
        return (
          <>
            <PageHead title={t("reviews.title")} lead={<Link to="/reviews">← {t("reviews.nav")}</Link>}
              tools={
                <>
                  <ToneTag tone={TONES[one.state]}>{t(`registrations.state.${one.state}`)}</ToneTag>
                  {one.state === "submitted" && one.due_at && <Clock dueAt={one.due_at} provisional={one.due_provisional} why={t("registrations.dueWhy")} />}
                  {one.decided_at && one.state !== "submitted" && <span className="faint">{t("desk.decidedAt", { at: formatInstant(Date.parse(one.decided_at), LAB_ZONE, lang) })}</span>}
                </>
              } />
            <div className="stack">
              <div className="review">
                <Who one={one} remarks={remarks} />
                <section className="panel">
                  <header><h2>{t("reviews.papers")}</h2></header>
                  <div className="panel-body">
                    <ul className="papers">
                      {needed.data?.items.find((kind) => kind.kind === one.kind)?.papers.map((need) => <Paper key={need.paper} one={one} need={need} remarks={remarks} />)}
                    </ul>
                  </div>
                </section>
              </div>
              {one.state === "submitted" && <Verdict one={one} remarks={remarks} />}
              <ZoneNote zone={LAB_ZONE} />
            </div>
          </>
        );
      }}
    </Answer>
  );
}
