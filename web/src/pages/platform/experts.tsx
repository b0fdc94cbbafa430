/** The library of experts: who is in it, by field; entering and leaving. */

import { Button, DatePicker, Form, Input, Popconfirm, Switch } from "antd";
import { useQuery } from "@tanstack/react-query";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import { type Expert, experts } from "../../api/people";
import { dayKey } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { useFilters } from "../../parts/filters";
import { LAB_ZONE } from "../../parts/page";
import { useRefusals } from "../../parts/refused";
import { Answer, Blank, Loading } from "../../parts/states";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";
import { usePerson } from "../../shell/access";

interface Given {
  name: string;
  title: string;
  field: string;
  employer?: string;
  entered_on: Dayjs;
}

function ExpertForm({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Given>();
  const refuse = useRefusals(form);
  const entering = useActing(
    ({ name, title, field, employer = "", entered_on }: Given) => post("/experts", { name, title, field, employer, entered_on: entered_on.format("YYYY-MM-DD") }),
    { touches: ["experts"], said: t("platform.expertAdded"), then: done },
  );
  const required = { required: true, message: t("staffing.invalid") };
  return (
    <Form form={form} layout="vertical" requiredMark={false} className="short-form" onFinish={(given) => entering.mutate(given, { onError: refuse })}>
      <Form.Item name="name" label={t("staffing.name")} rules={[required]}><Input maxLength={200} /></Form.Item>
      <Form.Item name="title" label={t("platform.expertTitle")} rules={[required]}><Input maxLength={200} /></Form.Item>
      <Form.Item name="field" label={t("platform.expertField")} rules={[required]}><Input maxLength={200} /></Form.Item>
      <Form.Item name="employer" label={t("platform.employer")}><Input maxLength={200} /></Form.Item>
      <Form.Item name="entered_on" label={t("platform.entered")} rules={[required]}><DatePicker style={{ width: "100%" }} /></Form.Item>
      <div className="whole"><Button type="primary" htmlType="submit" loading={entering.isPending}>{t("platform.expertAdd")}</Button></div>
    </Form>
  );
}

export function Experts() {
  const { t } = useTranslation();
  const person = usePerson();
  const operates = person.data?.roles.includes("operator") ?? false;
  const [filters, put] = useFilters();
  const [adding, setAdding] = useState(false);
  const field = filters.get("field") ?? "";
  const withLeft = operates && filters.get("left") === "1";
  const found = useQuery(experts(field, withLeft));
  const leaving = useActing((id: string) => post(`/experts/${id}/leave`, { left_on: dayKey(Date.now(), LAB_ZONE) }), { touches: ["experts"], said: t("platform.left") });
  return (
    <div className="stack">
      <section className="panel">
        <header>
          <Input.Search allowClear defaultValue={field} placeholder={t("platform.filterField")} aria-label={t("platform.filterField")} onSearch={(text) => put({ field: text.trim() })} style={{ maxWidth: 280 }} />
          {operates && <label className="row tight"><Switch size="small" checked={withLeft} onChange={(on) => put({ left: on ? "1" : null })} aria-label={t("platform.withLeft")} />{t("platform.withLeft")}</label>}
          {operates && <Button type={adding ? "default" : "primary"} onClick={() => setAdding(!adding)} aria-expanded={adding}>{t("platform.expertAdd")}</Button>}
        </header>
        {adding && <div className="panel-body"><ExpertForm done={() => setAdding(false)} /></div>}
      </section>
      <Answer query={found} loading={<div className="panel"><Loading rows={4} /></div>}>
        {(list) => list.items.length === 0 ? <div className="panel"><Blank title={t("platform.expertNone")} /></div> : (
          <div className="panel">
            <Wide label={t("platform.tabs.experts")} width={700}>
              <Table<Expert> size="small" rowKey="id" pagination={list.items.length > 50 ? { pageSize: 50 } : false} dataSource={list.items}
                columns={[
                  { title: t("staffing.name"), dataIndex: "name" },
                  { title: t("platform.expertTitle"), dataIndex: "title" },
                  { title: t("platform.expertField"), dataIndex: "field" },
                  { title: t("platform.employer"), dataIndex: "employer" },
                  { title: t("platform.entered"), key: "entered", render: (_, one) => <span className="num">{one.entered_on}</span> },
                  ...(withLeft ? [{ title: t("platform.leftOn"), key: "left", render: (_: unknown, one: Expert) => <span className="num">{one.left_on ?? "—"}</span> }] : []),
                  ...(operates ? [{ title: <span className="seen-by-readers">{t("platform.leave")}</span>, key: "do", align: "right" as const, render: (_: unknown, one: Expert) => !one.left_on && <Popconfirm title={t("platform.leaveAsk", { name: one.name })} onConfirm={() => leaving.mutate(one.id)}><Button size="small" aria-label={`${t("platform.leave")} ${one.name}`}>{t("platform.leave")}</Button></Popconfirm> }] : []),
                ]} />
            </Wide>
          </div>
        )}
      </Answer>
    </div>
  );
}
