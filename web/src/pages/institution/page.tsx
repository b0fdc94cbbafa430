/** The institution's own page: how it stands and what it still owes, and who works for it. */

import { Alert, Button, Checkbox, Segmented } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import { type Institution, ownInstitution } from "../../api/people";
import { pick, useLang } from "../../i18n";
import { useActing } from "../../parts/acting";
import { useFilters } from "../../parts/filters";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Loading } from "../../parts/states";
import { usePerson } from "../../shell/access";
import { QualificationForm } from "./qualification-form";
import { StaffList } from "./staff";
import { Checks, InstitutionState, Obstacles, Qualifications } from "./standing";
import "../people/people.css";

const AGREEMENT = "2026-1";

function Agreement({ one, manages }: { one: Institution; manages: boolean }) {
  const { t } = useTranslation();
  const [read, setRead] = useState(false);
  const signing = useActing(() => post("/institution/agreement", { version: AGREEMENT }), { touches: ["institution"], said: t("institution.signedNow") });
  return (
    <section className="panel">
      <header><h2>{t("institution.agreement")}</h2></header>
      <div className="panel-body stack" style={{ gap: 10 }}>
        {one.agreement_signed_on ? <p data-agreement>{t("institution.signed", { on: one.agreement_signed_on, version: one.agreement_version ?? "" })}</p> : <Alert type="warning" showIcon title={t("institution.unsigned")} />}
        <details open={!one.agreement_signed_on}><summary>{t("register.read")}</summary><p>{t("institution.agreementText")}</p></details>
        {manages && !one.agreement_signed_on && (
          <>
            <Checkbox checked={read} onChange={(event) => setRead(event.target.checked)}>{t("institution.agreementRead")}</Checkbox>
            <div><Button type="primary" disabled={!read} loading={signing.isPending} onClick={() => signing.mutate(undefined)}>{t("institution.sign")}</Button></div>
          </>
        )}
      </div>
    </section>
  );
}

function Standing({ one, manages }: { one: Institution; manages: boolean }) {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  return (
    <div className="stack">
      {one.state_reason && one.state === "suspended" && <Alert type="error" showIcon title={one.state_reason === "qualification_lapsed" ? t("institution.reasonLapsed") : one.state_reason} />}
      <Obstacles one={one} />
      <section className="panel">
        <header>
          <h2>{t("institution.qualifications")}</h2>
          {manages && <Button size="small" onClick={() => setAdding(!adding)} aria-expanded={adding}>{t("institution.add")}</Button>}
        </header>
        {adding && <div className="panel-body" style={{ borderBottom: "1px solid var(--line)" }}><QualificationForm done={() => setAdding(false)} /></div>}
        <Qualifications one={one} />
      </section>
      <div className="cards">
        <section className="panel"><header><h2>{t("institution.checks")}</h2></header><div className="panel-body"><Checks one={one} /></div></section>
        <Agreement one={one} manages={manages} />
      </div>
      <ZoneNote zone={LAB_ZONE} />
    </div>
  );
}

export function InstitutionPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const person = usePerson();
  const [filters, put] = useFilters();
  const found = useQuery(ownInstitution);
  const manages = person.data?.roles.includes("institution_manager") ?? false;
  const view = manages && filters.get("view") === "staff" ? "staff" : "standing";
  return (
    <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>
      {(one) => (
        <>
          <PageHead title={pick(lang, one, "name")} lead={one.credit_code ? <>{t("institution.code")} <span className="mono">{one.credit_code}</span></> : t("institution.lead")}
            tools={
              <>
                <InstitutionState one={one} />
                {manages && <Segmented value={view} onChange={(value) => put({ view: value === "staff" ? "staff" : null })} options={(["standing", "staff"] as const).map((tab) => ({ value: tab, label: t(`institution.tabs.${tab}`) }))} />}
              </>
            } />
          {view === "staff" ? <StaffList /> : <Standing one={one} manages={manages} />}
        </>
      )}
    </Answer>
  );
}
