/** The papers of one's registration: each uploaded, replaced, or said to be lacking. */

import { Button, Input, Space } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { handIn, type Need, type Registration } from "../../api/people";
import { pick, useLang } from "../../i18n";
import { useActing } from "../../parts/acting";
import { FileLink, UploadButton } from "../../parts/files";
import { ToneTag } from "../../parts/marks";

function Lacking({ label, busy, save }: { label: string; busy: boolean; save: (reason: string) => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const said = reason.trim();
  return (
    <Space.Compact block className="wide">
      <Input value={reason} maxLength={300} aria-label={`${t("registrations.lackWhy")}: ${label}`} placeholder={t("registrations.lackWhy")} onChange={(event) => setReason(event.target.value)} />
      <Button disabled={said.length < 2} loading={busy} onClick={() => save(said)}>{t("registrations.lackSave")}</Button>
    </Space.Compact>
  );
}

function Paper({ one, need, editable, fault }: { one: Registration; need: Need; editable: boolean; fault: string | undefined }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [lacks, setLacks] = useState(false);
  const label = pick(lang, need, "name");
  const paper = one.papers.find((given) => given.paper === need.paper);
  const remarks = one.remarks.filter((remark) => remark.field === `papers.${need.paper}`);
  const handing = useActing((body: { file_id?: string; lacking_because?: string }) => handIn(one.id, need.paper, body), {
    touches: ["registrations"], then: () => setLacks(false),
  });
  return (
    <li data-paper={need.paper} data-given={Boolean(paper)}>
      <span className="row tight">
        <b style={{ fontWeight: 600 }}>{label}</b>
        {paper?.file_id ? <ToneTag tone="running">{t("registrations.handedIn")}</ToneTag>
          : paper?.lacking_because ? <ToneTag tone="idle">{t("register.mayLack")}</ToneTag>
            : <ToneTag tone="attention">{t("registrations.missing")}</ToneTag>}
        {paper?.file_id && <FileLink id={paper.file_id} />}
      </span>
      {editable && (
        <span className="row tight">
          {need.may_lack && <Button size="small" type="text" onClick={() => setLacks(!lacks)} aria-expanded={lacks}>{t("registrations.lack")}</Button>}
          <UploadButton purpose="registration" name={need.paper} primary={!paper} label={t(paper?.file_id ? "registrations.replace" : "registrations.upload")} done={(file) => handing.mutate({ file_id: file.id })} />
        </span>
      )}
      {paper?.lacking_because && <p className="soft wide">{t("registrations.lacking", { reason: paper.lacking_because })}</p>}
      {remarks.length > 0 && <ul className="remarks wide">{remarks.map((remark) => <li key={remark.text}>{remark.text}</li>)}</ul>}
      {fault && <p role="alert" className="wrong wide">{fault}</p>}
      {lacks && editable && <Lacking label={label} busy={handing.isPending} save={(reason) => handing.mutate({ lacking_because: reason })} />}
    </li>
  );
}

/** `faults`: what a refused submission found, by field. */
export function Papers({ one, needed, editable, faults }: { one: Registration; needed: readonly Need[]; editable: boolean; faults: ReadonlyMap<string, string> }) {
  const { t } = useTranslation();
  return (
    <section className="panel">
      <header><h2>{t("registrations.papers")}</h2></header>
      <div className="panel-body">
        {editable && <p className="faint" style={{ marginBottom: 8 }}>{t("registrations.papersLead")}</p>}
        <ul className="papers">
          {needed.map((need) => <Paper key={need.paper} one={one} need={need} editable={editable} fault={faults.get(`papers.${need.paper}`)} />)}
        </ul>
      </div>
    </section>
  );
}
