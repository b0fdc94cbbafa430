/** The service stations, and opening another. */

import { Button, Form, Input, Switch } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import { type Station, stations } from "../../api/people";
import { useActing } from "../../parts/acting";
import { ToneTag } from "../../parts/marks";
import { ReasonButton } from "../../parts/reason";
import { useRefusals } from "../../parts/refused";
import { Answer, Blank, Loading } from "../../parts/states";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";
import { usePerson } from "../../shell/access";

const TOUCHES = ["stations", "entrustments"];

interface Given {
  name: string;
  address: string;
  has_window: boolean;
  notice_posted: boolean;
}

function StationForm({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Given>();
  const refuse = useRefusals(form, { station_known: "name" });
  const opening = useActing(({ name, address, has_window, notice_posted }: Given) => post("/stations", { name, address, has_window, notice_posted }), { touches: ["stations"], said: t("platform.stationAdded"), then: done });
  const required = { required: true, whitespace: true, message: t("staffing.invalid") };
  return (
    <Form form={form} layout="vertical" requiredMark={false} className="short-form" initialValues={{ has_window: true, notice_posted: false }} onFinish={(given) => opening.mutate(given, { onError: refuse })}>
      <Form.Item name="name" label={t("platform.name")} rules={[required]}><Input maxLength={200} /></Form.Item>
      <Form.Item name="address" label={t("platform.address")} rules={[required]}><Input maxLength={200} /></Form.Item>
      <Form.Item name="has_window" label={t("platform.windowYes")} valuePropName="checked"><Switch /></Form.Item>
      <Form.Item name="notice_posted" label={t("platform.notice")} valuePropName="checked" dependencies={["has_window"]}
        rules={[({ getFieldValue }) => ({ validator: (_, posted) => (posted || getFieldValue("has_window") ? Promise.resolve() : Promise.reject(new Error(t("platform.noticeNeeded")))) })]}><Switch /></Form.Item>
      <div className="whole"><Button type="primary" htmlType="submit" loading={opening.isPending}>{t("platform.stationAdd")}</Button></div>
    </Form>
  );
}

export function Stations() {
  const { t } = useTranslation();
  const person = usePerson();
  const [adding, setAdding] = useState(false);
  const found = useQuery(stations);
  const operates = person.data?.roles.includes("operator") ?? false;
  const closing = useActing(({ id, reason }: { id: string; reason: string }) => post(`/stations/${id}/close`, { reason }), { touches: TOUCHES, said: t("platform.stationClosedNow") });
  const opening = useActing((id: string) => post(`/stations/${id}/reopen`), { touches: TOUCHES, said: t("platform.stationReopened") });
  return (
    <div className="stack">
      {operates && (
        <section className="panel">
          <header><h2>{t("platform.tabs.stations")}</h2><Button type={adding ? "default" : "primary"} onClick={() => setAdding(!adding)} aria-expanded={adding}>{t("platform.stationAdd")}</Button></header>
          {adding && <div className="panel-body"><StationForm done={() => setAdding(false)} /></div>}
        </section>
      )}
      <Answer query={found} loading={<div className="panel"><Loading rows={4} /></div>}>
        {(list) => list.items.length === 0 ? <div className="panel"><Blank title={t("platform.stationNone")} /></div> : (
          <div className="panel">
            <Wide label={t("platform.tabs.stations")} width={640}>
              <Table<Station> size="small" rowKey="id" pagination={list.items.length > 50 ? { pageSize: 50 } : false} dataSource={list.items}
                columns={[
                  { title: t("platform.name"), key: "name", render: (_, one) => <span className="row tight">{one.name}{!one.is_open && <ToneTag tone="offline">{t("platform.stationShut")}</ToneTag>}</span> },
                  { title: t("platform.address"), dataIndex: "address" },
                  { title: t("platform.window"), key: "window", render: (_, one) => <ToneTag tone={one.has_window ? "running" : "idle"}>{t(one.has_window ? "platform.windowYes" : "platform.windowNo")}</ToneTag> },
                  ...(operates ? [{
                    title: <span className="seen-by-readers">{t("platform.stationClose")}</span>, key: "do", align: "right" as const,
                    render: (_: unknown, one: Station) => one.is_open
                      ? <ReasonButton small danger label={t("platform.stationClose")} busy={closing.isPending && closing.variables.id === one.id} send={(reason) => closing.mutate({ id: one.id, reason })} />
                      : <Button size="small" loading={opening.isPending && opening.variables === one.id} onClick={() => opening.mutate(one.id)}>{t("platform.stationReopen")}</Button>,
                  }] : []),
                ]} />
            </Wide>
          </div>
        )}
      </Answer>
    </div>
  );
}
