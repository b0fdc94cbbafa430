/** Who works at the institution: trained before the post, with roles, until seen off. */

import { Button, DatePicker, Form, Input } from "antd";
import { useQuery } from "@tanstack/react-query";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post, put } from "../../api/http";
import { type Role, staff, type Staff } from "../../api/people";
import { PeopleTable } from "../../parts/people-table";
import { type Account, accountOf, PersonForm } from "../../parts/person-form";
import { Answer, Blank, Loading } from "../../parts/states";

const ROLES: readonly Role[] = ["institution_manager", "technician", "sample_keeper", "signatory", "finance"];
const TOUCHES = ["staff"];
const path = (id: string) => `/institution/staff/${encodeURIComponent(id)}` as const;

interface NewStaff extends Account {
  title: string;
  trained_on: Dayjs;
  starts_on: Dayjs;
}

function Dates() {
  const { t } = useTranslation();
  const required = { required: true, message: t("staffing.invalid") };
  return (
    <>
      <Form.Item name="title" label={t("staffing.postLabel")} rules={[required]}><Input maxLength={100} /></Form.Item>
      <Form.Item name="trained_on" label={t("staffing.trained")} rules={[required]}><DatePicker style={{ width: "100%" }} /></Form.Item>
      <Form.Item name="starts_on" label={t("staffing.starts")} dependencies={["trained_on"]}
        rules={[required, ({ getFieldValue }) => ({
          validator: (_, day: Dayjs | undefined) => {
            const trained = getFieldValue("trained_on") as Dayjs | undefined;
            return day && trained && trained.isAfter(day, "day") ? Promise.reject(new Error(t("staffing.trainedLate"))) : Promise.resolve();
          },
        })]}><DatePicker style={{ width: "100%" }} /></Form.Item>
    </>
  );
}

export function StaffList() {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const found = useQuery(staff);
  const add = async (given: NewStaff): Promise<void> => {
    await post("/institution/staff", { ...accountOf(given), title: given.title, trained_on: given.trained_on.format("YYYY-MM-DD"), starts_on: given.starts_on.format("YYYY-MM-DD") });
    setAdding(false);
  };
  return (
    <div className="stack">
      <section className="panel">
        <header><span className="soft">{t("staffing.lead")}</span><Button type={adding ? "default" : "primary"} onClick={() => setAdding(!adding)} aria-expanded={adding}>{t("staffing.add")}</Button></header>
        {adding && <div className="panel-body"><PersonForm<NewStaff> roles={ROLES} initial={{ roles: ["technician"] }} send={add} touches={TOUCHES} said={t("staffing.added")} button={t("staffing.add")}><Dates /></PersonForm></div>}
      </section>
      <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>
        {(list) => list.items.length === 0 ? <div className="panel"><Blank title={t("staffing.none")} /></div> : (
          <PeopleTable<Staff> items={list.items} roles={ROLES} label={t("staffing.title")} width={860} touches={TOUCHES}
            save={(id, roles) => put(`${path(id)}/roles`, { roles })} letIn={(id, password) => put(`${path(id)}/password`, { password })} seeOff={(id) => post(`${path(id)}/see-off`)}
            columns={[
              { title: t("staffing.post"), key: "title", render: (_, one) => one.title ?? "—" },
              { title: t("staffing.trained"), key: "trained", render: (_, one) => <span className="num">{one.trained_on ?? "—"}</span> },
              { title: t("staffing.starts"), key: "starts", render: (_, one) => <span className="num">{one.ends_on ? t("staffing.ended", { on: one.ends_on }) : (one.starts_on ?? "—")}</span> },
            ]} />
        )}
      </Answer>
    </div>
  );
}
