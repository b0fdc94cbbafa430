/** Whose data the law has the platform keep: placed with a reason and an end, lifted before it. */

import { Alert, Button, DatePicker, Form, Input, Popconfirm } from "antd";
import { useQuery } from "@tanstack/react-query";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import { type Hold, holds } from "../../api/offices";
import { useLang } from "../../i18n";
import { dayFromKey, formatDate } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { ToneTag } from "../../parts/marks";
import { useMinute } from "../../parts/now";
import { LAB_ZONE } from "../../parts/page";
import { useRefusals } from "../../parts/refused";
import { Answer, Blank, Loading } from "../../parts/states";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";
import { usePerson } from "../../shell/access";

const TOUCHES = ["holds"];

interface Given {
  login: string;
  reason: string;
  until: Dayjs;
}

function HoldForm({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Given>();
  const refuse = useRefusals(form, { person_not_found: "login", hold_known: "reason", hold_refused: "until" });
  const placing = useActing(
    // Until the day is over, by the platform's clock.
    ({ login, reason, until }: Given) => post("/legal-holds", { login: login.trim(), reason, until: new Date(dayFromKey(until.add(1, "day").format("YYYY-MM-DD"), LAB_ZONE)).toISOString() }),
    { touches: TOUCHES, said: t("holds.placedNow"), then: done },
  );
  const required = { required: true, whitespace: true, message: t("staffing.invalid") };
  return (
    <Form form={form} layout="vertical" requiredMark={false} className="short-form" onFinish={(given) => placing.mutate(given, { onError: refuse })}>
      <Form.Item name="login" label={t("holds.login")} rules={[required]}><Input maxLength={60} autoComplete="off" spellCheck={false} /></Form.Item>
      <Form.Item name="until" label={t("holds.until")} rules={[{ required: true, message: t("staffing.invalid") }]}><DatePicker style={{ width: "100%" }} /></Form.Item>
      <Form.Item name="reason" label={t("holds.reason")} className="whole" rules={[required, { min: 2, message: t("staffing.invalid") }]}><Input maxLength={300} /></Form.Item>
      <div className="whole"><Button type="primary" htmlType="submit" loading={placing.isPending}>{t("holds.add")}</Button></div>
    </Form>
  );
}

function Standing({ one }: { one: Hold }) {
  const { t } = useTranslation();
  const now = useMinute();
  if (one.lifted_at) return <ToneTag tone="offline">{t("holds.lifted")}</ToneTag>;
  return Date.parse(one.until) <= now ? <ToneTag tone="idle">{t("holds.over")}</ToneTag> : <ToneTag tone="attention">{t("holds.holds")}</ToneTag>;
}

export function LegalHolds() {
  const { t } = useTranslation();
  const lang = useLang();
  const person = usePerson();
  const operates = person.data?.roles.includes("operator") ?? false;
  const [adding, setAdding] = useState(false);
  const found = useQuery(holds);
  const lifting = useActing((id: string) => post(`/legal-holds/${id}/lift`), { touches: TOUCHES, said: t("holds.liftedNow") });
  const on = (text: string): string => formatDate(Date.parse(text), LAB_ZONE, lang);
  return (
    <div className="stack">
      <Alert type="info" showIcon title={t("holds.lead")} {...(operates ? { action: <Button size="small" onClick={() => setAdding(!adding)} aria-expanded={adding}>{t("holds.add")}</Button> } : {})} />
      {adding && <section className="panel"><div className="panel-body"><HoldForm done={() => setAdding(false)} /></div></section>}
      <Answer query={found} loading={<div className="panel"><Loading rows={3} /></div>}>
        {(list) => list.items.length === 0 ? <div className="panel"><Blank title={t("holds.none")} /></div> : (
          <div className="panel">
            <Wide label={t("holds.tab")} width={760}>
              <Table<Hold> size="small" rowKey="id" pagination={list.items.length > 50 ? { pageSize: 50 } : false} dataSource={list.items}
                columns={[
                  { title: t("holds.who"), key: "who", render: (_, one) => <span className="row tight">{one.display_name} <span className="mono faint">{one.login}</span></span> },
                  { title: t("holds.reason"), dataIndex: "reason" },
                  { title: t("holds.state"), key: "state", render: (_, one) => <Standing one={one} /> },
                  { title: t("holds.until"), key: "until", render: (_, one) => <span className="num">{on(one.until)}</span> },
                  { title: t("holds.placed"), key: "placed", render: (_, one) => <span className="num faint">{on(one.placed_at)}</span> },
                  ...(operates ? [{ title: <span className="seen-by-readers">{t("holds.lift")}</span>, key: "do", align: "right" as const, render: (_: unknown, one: Hold) => !one.lifted_at && <Popconfirm title={t("holds.liftAsk", { name: one.display_name })} onConfirm={() => lifting.mutate(one.id)}><Button size="small" aria-label={`${t("holds.lift")} ${one.display_name}`}>{t("holds.lift")}</Button></Popconfirm> }] : []),
                ]} />
            </Wide>
          </div>
        )}
      </Answer>
    </div>
  );
}
