/** Stations that act for the enterprise: within a scope, for a time, until revoked. */

import { Button, DatePicker, Form, Popconfirm, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import { type Entrustment, entrustments, type Scope, stations } from "../../api/people";
import { useActing } from "../../parts/acting";
import { Boxes } from "../../parts/boxes";
import { useRefusals } from "../../parts/refused";
import { Answer, Blank, Loading } from "../../parts/states";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";
import { Holds } from "./holds";

const SCOPES = ["demands", "orders", "reservations", "samples", "reports"] as const;
const TOUCHES = ["entrustments"];

interface Given {
  station_id: string;
  scope: Scope[];
  period: [Dayjs, Dayjs];
}

function EntrustForm({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Given>();
  const known = useQuery(stations);
  const refuse = useRefusals(form);
  const giving = useActing(
    ({ station_id, scope, period }: Given) => post("/entrustments", { station_id, scope, valid_from: period[0].format("YYYY-MM-DD"), valid_to: period[1].format("YYYY-MM-DD") }),
    { touches: TOUCHES, said: t("enterprise.entrusted"), then: done },
  );
  const required = { required: true, message: t("staffing.invalid") };
  return (
    <Form form={form} layout="vertical" requiredMark={false} className="short-form" onFinish={(given) => giving.mutate(given, { onError: refuse })}>
      <Form.Item name="station_id" label={t("enterprise.station")} rules={[required]}>
        <Select loading={known.isLoading} notFoundContent={t("platform.stationNone")} options={known.data?.items.filter((one) => one.is_open).map((one) => ({ value: one.id, label: one.name })) ?? []} />
      </Form.Item>
      <Form.Item name="period" label={t("enterprise.period")} rules={[required]}><DatePicker.RangePicker style={{ width: "100%" }} /></Form.Item>
      <Form.Item name="scope" label={t("enterprise.scope")} className="whole" rules={[{ required: true, type: "array", min: 1, message: t("staffing.invalid") }]}>
        <Boxes options={SCOPES.map((value) => ({ value, label: t(`enterprise.scopes.${value}`) }))} />
      </Form.Item>
      <div className="whole"><Button type="primary" htmlType="submit" loading={giving.isPending}>{t("enterprise.entrust")}</Button></div>
    </Form>
  );
}

export function Entrustments() {
  const { t } = useTranslation();
  const [adding, setAdding] = useState(false);
  const found = useQuery(entrustments);
  const ending = useActing((id: string) => post(`/entrustments/${id}/revoke`), { touches: TOUCHES, said: t("enterprise.revoked") });
  return (
    <>
      <section className="panel">
        <header><span className="soft" style={{ flex: "1 1 300px" }}>{t("enterprise.entrustLead")}</span><Button type={adding ? "default" : "primary"} onClick={() => setAdding(!adding)} aria-expanded={adding}>{t("enterprise.entrust")}</Button></header>
        {adding && <div className="panel-body"><EntrustForm done={() => setAdding(false)} /></div>}
      </section>
      <Answer query={found} loading={<div className="panel"><Loading rows={4} /></div>}>
        {(list) => list.items.length === 0 ? <div className="panel"><Blank title={t("enterprise.entrustNone")} /></div> : (
          <div className="panel">
            <Wide label={t("enterprise.tabs.entrustments")} width={720}>
              <Table<Entrustment> size="small" rowKey="id" pagination={false} dataSource={list.items}
                columns={[
                  { title: t("enterprise.station"), dataIndex: "station" },
                  { title: t("enterprise.scope"), key: "scope", render: (_, one) => one.scope.map((scope) => t(`enterprise.scopes.${scope}`)).join("、") },
                  { title: t("enterprise.period"), key: "period", render: (_, one) => <span className="row tight"><span className="num">{one.valid_from} – {one.valid_to}</span><Holds one={one} /></span> },
                  { title: <span className="seen-by-readers">{t("enterprise.revoke")}</span>, key: "do", align: "right", render: (_, one) => !one.revoked_at && <Popconfirm title={t("enterprise.revokeAsk", { name: one.station })} okButtonProps={{ danger: true }} onConfirm={() => ending.mutate(one.id)}><Button size="small" danger aria-label={`${t("enterprise.revoke")} ${one.station}`}>{t("enterprise.revoke")}</Button></Popconfirm> },
                ]} />
            </Wide>
          </div>
        )}
      </Answer>
    </>
  );
}
