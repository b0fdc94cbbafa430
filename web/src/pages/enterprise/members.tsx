/** Who acts for the enterprise, looked after by its administrators. */

import { Button } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post, put } from "../../api/http";
import { type Member, members, type Role } from "../../api/people";
import { useLang } from "../../i18n";
import { formatDate } from "../../lib/time";
import { LAB_ZONE } from "../../parts/page";
import { PeopleTable } from "../../parts/people-table";
import { type Account, accountOf, PersonForm } from "../../parts/person-form";
import { Answer, Blank, Loading } from "../../parts/states";
import { Endorsement } from "./endorsement";

const ROLES: readonly Role[] = ["member", "enterprise_admin"];
const TOUCHES = ["enterprise", "me"];
const path = (id: string) => `/enterprise/members/${encodeURIComponent(id)}` as const;

export function Members() {
  const { t } = useTranslation();
  const lang = useLang();
  const [adding, setAdding] = useState(false);
  const found = useQuery(members);
  const add = async (given: Account): Promise<void> => {
    await post("/enterprise/members", accountOf(given));
    setAdding(false);
  };
  return (
    <>
      <Endorsement />
      <section className="panel">
        <header><span className="soft" style={{ flex: "1 1 300px" }}>{t("enterprise.memberLead")} {t("enterprise.last")}</span><Button type={adding ? "default" : "primary"} onClick={() => setAdding(!adding)} aria-expanded={adding}>{t("enterprise.memberAdd")}</Button></header>
        {adding && <div className="panel-body"><PersonForm<Account> roles={ROLES} initial={{ roles: ["member"] }} send={add} touches={TOUCHES} said={t("staffing.added")} button={t("enterprise.memberAdd")} /></div>}
      </section>
      <Answer query={found} loading={<div className="panel"><Loading rows={4} /></div>}>
        {(list) => list.items.length === 0 ? <div className="panel"><Blank title={t("enterprise.membersNone")} /></div> : (
          <PeopleTable<Member> items={list.items} roles={ROLES} label={t("enterprise.tabs.members")} width={820} touches={TOUCHES}
            save={(id, roles) => put(`${path(id)}/roles`, { roles })} letIn={(id, password) => put(`${path(id)}/password`, { password })} seeOff={(id) => post(`${path(id)}/see-off`)}
            columns={[{ title: t("enterprise.since"), key: "since", render: (_, one) => <span className="num">{formatDate(Date.parse(one.created_at), LAB_ZONE, lang)}</span> }]} />
        )}
      </Answer>
    </>
  );
}
