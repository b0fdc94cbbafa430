/** 资格与协议: whom the lab lets work its instruments alone, and which enterprises signed. */

import { Button, Input, Segmented, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useActing } from "../../../parts/acting";
import { useFilters } from "../../../parts/filters";
import { type Tone, ToneTag } from "../../../parts/marks";
import { PageHead } from "../../../parts/page";
import { ReasonButton } from "../../../parts/reason";
import { Answer, Blank, Failure, Loading } from "../../../parts/states";
import { Table } from "../../../parts/table";
import { usePerson } from "../../../shell/access";
import { LabTabs } from "../tabs";
import { type Agreement, agreements, asState, type Granted, qualifications, revoke, type State, STATES } from "./asked";
import { GrantDialog, useScope } from "./grant";
import { SigningDialog } from "./signing";

const VIEWS = ["qualifications", "agreements"] as const;
const TONES: Record<State, Tone> = { valid: "running", over: "attention", revoked: "offline" };

function StateWord({ state }: { state: State }) {
  const { t } = useTranslation();
  return <ToneTag tone={TONES[state]}>{t(`trusted.states.${state}`)}</ToneTag>;
}

function Acts({ one, extend }: { one: Granted; extend: () => void }) {
  const { t } = useTranslation();
  const revoking = useActing((reason: string) => revoke(one.id, reason), { touches: ["qualifications"], said: t("trusted.revoked") });
  if (one.state === "revoked") return <span className="faint">{t("trusted.reason", { reason: one.revoked_for ?? "—" })}</span>;
  return (
    <span className="row tight">
      <Button size="small" onClick={extend} aria-label={`${t("trusted.extend")} ${one.person}`}>{t("trusted.extend")}</Button>
      <ReasonButton small danger label={t("trusted.revoke")} busy={revoking.isPending} send={(reason) => revoking.mutate(reason)} />
    </span>
  );
}

function Qualifications({ extend }: { extend: (one: Granted) => void }) {
  const { t } = useTranslation();
  const [search, put] = useFilters();
  const state = asState(search.get("state"));
  const person = search.get("person") ?? "";
  const found = useQuery(qualifications(state, person));
  const scope = useScope();
  return (
    <div className="stack">
      <div className="row">
        <Input.Search allowClear defaultValue={person} placeholder={t("trusted.find")} aria-label={t("trusted.find")} onSearch={(text) => put({ person: text.trim() })} style={{ maxWidth: 320 }} />
        <Select value={state ?? ""} aria-label={t("trusted.state")} style={{ width: 140 }} onChange={(value) => put({ state: value })}
          options={[{ value: "", label: t("common.all") }, ...STATES.map((value) => ({ value, label: t(`trusted.states.${value}`) }))]} />
      </div>
      <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>
        {({ items }) => items.length === 0
          ? <div className="panel">{state || person ? <Blank title={t("trusted.noneFound")} /> : <Blank title={t("trusted.none")} lead={t("trusted.noneLead")} />}</div>
          : (
            <Table<Granted> rowKey="id" dataSource={items} pagination={items.length > 50 ? { pageSize: 50 } : false}
              columns={[
                { title: t("trusted.person"), key: "person", render: (_, one) => <span>{one.person} <span className="faint mono">{one.login}</span></span> },
                { title: t("trusted.enterprise"), key: "enterprise", render: (_, one) => one.enterprise ?? <span className="soft">{t("trusted.ownStaff")}</span> },
                { title: t("trusted.scope"), key: "scope", render: (_, one) => scope(one) },
                { title: t("trusted.until"), key: "until", render: (_, one) => <span className="num nowrap">{one.valid_until}</span> },
                { title: t("trusted.by"), key: "by", render: (_, one) => one.granted_by ?? "—" },
                { title: t("trusted.state"), key: "state", render: (_, one) => <StateWord state={one.state} /> },
                { title: t("trusted.acts"), key: "acts", render: (_, one) => <Acts one={one} extend={() => extend(one)} /> },
              ]} />
          )}
      </Answer>
    </div>
  );
}

function Agreements({ extend }: { extend: (one: Agreement) => void }) {
  const { t } = useTranslation();
  const found = useQuery(agreements);
  return (
    <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>
      {({ items }) => items.length === 0
        ? <div className="panel"><Blank title={t("trusted.noAgreement")} lead={t("trusted.noAgreementLead")} /></div>
        : (
          <Table<Agreement> rowKey="enterprise_id" dataSource={items} pagination={items.length > 50 ? { pageSize: 50 } : false}
            columns={[
              { title: t("trusted.enterprise"), dataIndex: "enterprise" },
              { title: t("trusted.until"), key: "until", render: (_, one) => <span className="num nowrap">{one.valid_until}</span> },
              { title: t("trusted.state"), key: "state", render: (_, one) => <StateWord state={one.state} /> },
              { title: t("trusted.acts"), key: "acts", render: (_, one) => <Button size="small" onClick={() => extend(one)} aria-label={`${t("trusted.extend")} ${one.enterprise}`}>{t("trusted.extend")}</Button> },
            ]} />
        )}
    </Answer>
  );
}

/** null: what is noted or granted is new. */
type Open = { view: "qualifications"; former: Granted | null } | { view: "agreements"; former: Agreement | null };

export function TrustedPage() {
  const { t } = useTranslation();
  const person = usePerson();
  const [search, put] = useFilters();
  const [open, setOpen] = useState<Open | null>(null);
  const view = VIEWS.find((one) => one === search.get("view")) ?? "qualifications";
  const manages = !!person.data?.roles.includes("institution_manager");
  const close = (): void => setOpen(null);
  return (
    <>
      <LabTabs />
      <PageHead title={t("trusted.title")} lead={t("trusted.lead")}
        tools={manages && <Button type="primary" onClick={() => setOpen({ view, former: null })}>{t(view === "qualifications" ? "trusted.grant" : "trusted.sign")}</Button>} />
      {person.isSuccess && !manages ? <div className="panel">{person.data ? <Blank kind="lock" title={t("error.forbidden")} lead={t("error.forbiddenLead")} /> : <Failure error={null} />}</div> : !manages ? <div className="panel"><Loading rows={6} /></div> : (
        <div className="stack">
          <Segmented<(typeof VIEWS)[number]> value={view} aria-label={t("trusted.views.label")} options={VIEWS.map((value) => ({ value, label: t(`trusted.views.${value}`) }))} onChange={(next) => put({ view: next === "qualifications" ? null : next, state: null, person: null })} style={{ alignSelf: "flex-start" }} />
          {view === "qualifications" ? <Qualifications extend={(former) => setOpen({ view: "qualifications", former })} /> : <Agreements extend={(former) => setOpen({ view: "agreements", former })} />}
        </div>
      )}
      {open?.view === "qualifications" && <GrantDialog former={open.former} close={close} />}
      {open?.view === "agreements" && <SigningDialog former={open.former} close={close} />}
    </>
  );
}
