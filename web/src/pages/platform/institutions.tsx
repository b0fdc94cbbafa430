/** Every institution with its standing; opened to be checked, admitted, suspended or seen off. */

import { Alert, Button, Drawer, Input, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { isProblem, post } from "../../api/http";
import { type Institution, institutions } from "../../api/people";
import { pick, useLang } from "../../i18n";
import { formatInstant } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { useFilters } from "../../parts/filters";
import { ToneTag } from "../../parts/marks";
import { LAB_ZONE, ZoneNote } from "../../parts/page";
import { ReasonButton } from "../../parts/reason";
import { Answer, Blank, Loading } from "../../parts/states";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";
import { usePerson } from "../../shell/access";
import { Checks, InstitutionState, Obstacles, Qualifications, Validity } from "../institution/standing";

const STATES = ["applying", "active", "suspended", "exited"] as const;
const CHECKS = ["qualification", "reputation", "capability"] as const;
type Move = "active" | "suspended" | "exited";
const MOVES: Record<Institution["state"], readonly Move[]> = {
  applying: ["active", "exited"], active: ["suspended", "exited"], suspended: ["active", "exited"], exited: [],
};
const TOUCHES = ["institutions"];

function CheckForm({ one }: { one: Institution }) {
  const { t } = useTranslation();
  const [check, setCheck] = useState<(typeof CHECKS)[number]>("qualification");
  const [note, setNote] = useState("");
  const noting = useActing((passed: boolean) => post(`/institutions/${one.id}/checks`, { check, passed, note: note.trim() }), { touches: TOUCHES, said: t("platform.recorded"), then: () => setNote("") });
  return (
    <div className="row" style={{ marginTop: 12 }}>
      <Select value={check} onChange={setCheck} style={{ width: 150 }} aria-label={t("platform.recordCheck")} options={CHECKS.map((value) => ({ value, label: t(`institution.check.${value}`) }))} />
      <Input value={note} maxLength={500} style={{ flex: "1 1 180px", width: "auto" }} aria-label={t("platform.checkNote")} placeholder={t("platform.checkNote")} onChange={(event) => setNote(event.target.value)} />
      <Button loading={noting.isPending} onClick={() => noting.mutate(true)}>{t("platform.passed")}</Button>
      <Button danger loading={noting.isPending} disabled={!note.trim()} onClick={() => noting.mutate(false)}>{t("platform.failed")}</Button>
    </div>
  );
}

function Moves({ one }: { one: Institution }) {
  const { t } = useTranslation();
  const lang = useLang();
  const moving = useActing((given: { state: Move; reason: string }) => post(`/institutions/${one.id}/state`, given), { touches: TOUCHES, said: t("platform.moved") });
  const word = (state: "active" | "suspended" | "exited"): string =>
    t(state === "active" ? (one.state === "applying" ? "platform.admit" : "platform.resume") : state === "suspended" ? "platform.suspend" : "platform.exit");
  const refused = isProblem(moving.error) ? moving.error.problems : [];
  return (
    <div className="stack" style={{ gap: 8 }}>
      {refused.length > 0 && <Alert type="error" showIcon role="alert" title={refused.map((problem) => pick(lang, problem, "detail")).join("；")} />}
      <div className="row">
        {MOVES[one.state].map((state) => <ReasonButton key={state} label={word(state)} danger={state !== "active"} busy={moving.isPending && moving.variables.state === state} send={(reason) => moving.mutate({ state, reason })} />)}
      </div>
    </div>
  );
}

function Opened({ one }: { one: Institution }) {
  const { t } = useTranslation();
  const lang = useLang();
  const person = usePerson();
  const operates = person.data?.roles.includes("operator") ?? false;
  const revoking = useActing((id: string) => post(`/institutions/${one.id}/qualifications/${id}/revoke`), { touches: TOUCHES, said: t("platform.revokedNow") });
  return (
    <div className="stack" data-institution={one.id}>
      <dl className="pair">
        <dt>{t("platform.state")}</dt><dd><InstitutionState one={one} /> {one.state_reason && <span className="soft">{one.state_reason === "qualification_lapsed" ? t("institution.reasonLapsed") : one.state_reason}</span>}</dd>
        {one.credit_code && <><dt>{t("institution.code")}</dt><dd className="mono">{one.credit_code}</dd></>}
        <dt>{t("institution.agreement")}</dt><dd>{one.agreement_signed_on ? t("institution.signed", { on: one.agreement_signed_on, version: one.agreement_version ?? "" }) : t("institution.unsigned")}</dd>
      </dl>
      <Obstacles one={one} />
      {operates && <Moves one={one} />}
      <section className="panel"><header><h3>{t("institution.checks")}</h3></header><div className="panel-body"><Checks one={one} />{operates && one.state !== "exited" && <CheckForm one={one} />}</div></section>
      <section className="panel"><header><h3>{t("institution.qualifications")}</h3></header><Qualifications one={one} {...(operates ? { revoke: { busy: revoking.isPending, send: (id: string) => revoking.mutate(id) } } : {})} /></section>
      {one.checks.length > 0 && (
        <section className="panel"><header><h3>{t("platform.history")}</h3></header>
          <ul className="panel-body checks">{[...one.checks].reverse().map((check) => <li key={check.at + check.check} className="faint">{formatInstant(Date.parse(check.at), LAB_ZONE, lang)} · {t(`institution.check.${check.check}`)} · {t(check.passed ? "institution.checkPassed" : "institution.checkFailed")} {check.note}</li>)}</ul>
        </section>
      )}
    </div>
  );
}

export function Institutions() {
  const { t } = useTranslation();
  const lang = useLang();
  const [filters, put] = useFilters();
  const state = STATES.find((one) => one === filters.get("state")) ?? null;
  const found = useQuery(institutions(state));
  return (
    <div className="stack">
      <div className="row">
        <Select value={state ?? ""} onChange={(value) => put({ state: value })} style={{ width: 150 }} aria-label={t("platform.state")} options={[{ value: "", label: t("platform.stateAll") }, ...STATES.map((value) => ({ value: value, label: t(`institution.state.${value}`) }))]} />
      </div>
      <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>
        {(list) => {
          if (list.items.length === 0) return <div className="panel"><Blank title={t("platform.none")} /></div>;
          const open = list.items.find((one) => one.id === filters.get("open"));
          return (
            <>
              <div className="panel">
                <Wide label={t("platform.tabs.institutions")} width={760}>
                  <Table<Institution> size="small" rowKey="id" pagination={list.items.length > 50 ? { pageSize: 50 } : false} dataSource={list.items}
                    columns={[
                      { title: t("platform.name"), key: "name", render: (_, one) => pick(lang, one, "name") },
                      { title: t("platform.state"), key: "state", render: (_, one) => <InstitutionState one={one} /> },
                      { title: t("platform.obstacles"), key: "obstacles", render: (_, one) => (one.obstacles.length > 0 ? <ToneTag tone="attention">{t("platform.obstacleCount", { count: one.obstacles.length })}</ToneTag> : "—") },
                      { title: t("platform.nextExpiry"), key: "expiry", render: (_, one) => {
                        const next = [...one.qualifications].filter((row) => !row.revoked_at).sort((a, b) => a.valid_to.localeCompare(b.valid_to))[0];
                        return next ? <span className="row tight"><span className="num">{next.valid_to}</span><Validity one={next} /></span> : <span className="faint">{t("institution.qualificationNone")}</span>;
                      } },
                      { title: <span className="seen-by-readers">{t("platform.open")}</span>, key: "open", align: "right", render: (_, one) => <Button size="small" onClick={() => put({ open: one.id })} aria-label={`${t("platform.open")} ${pick(lang, one, "name")}`}>{t("platform.open")}</Button> },
                    ]} />
                </Wide>
              </div>
              <Drawer open={open !== undefined} onClose={() => put({ open: null })} title={open && pick(lang, open, "name")} size={880} destroyOnHidden>{open && <Opened one={open} />}</Drawer>
            </>
          );
        }}
      </Answer>
      <ZoneNote zone={LAB_ZONE} />
    </div>
  );
}
