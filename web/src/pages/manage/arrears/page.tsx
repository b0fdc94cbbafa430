/** 欠款: bills past their day, which keep an enterprise from reserving here until they are settled. */

import { Button, DatePicker, Form, Input, InputNumber, Modal, Popconfirm, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { formatFen } from "../../../lib/money";
import { useActing } from "../../../parts/acting";
import { PageHead } from "../../../parts/page";
import { Answer, Blank, Failure, Loading } from "../../../parts/states";
import { Table } from "../../../parts/table";
import { usePerson } from "../../../shell/access";
import { LabTabs } from "../tabs";
import { arrears, clients, noteBill, type Owed, settle } from "./asked";

const TOUCHES = ["arrears"];

interface Given {
  enterprise_id: string;
  yuan: number;
  due: Dayjs;
  reason: string;
}

function NoteButton() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [form] = Form.useForm<Given>();
  const known = useQuery({ ...clients, enabled: open });
  const noting = useActing(
    ({ enterprise_id, yuan, due, reason }: Given) => noteBill({ enterprise_id, amount_fen: Math.round(yuan * 100), due_on: due.format("YYYY-MM-DD"), reason: reason.trim() }),
    { touches: TOUCHES, said: t("arrears.noted"), then: () => { form.resetFields(); setOpen(false); } },
  );
  const rules = [{ required: true, message: t("labCalendar.needed") }];
  return (
    <>
      <Button type="primary" onClick={() => setOpen(true)}>{t("arrears.note")}</Button>
      <Modal open={open} title={t("arrears.note")} okText={t("arrears.note")} cancelText={t("common.close")} onCancel={() => setOpen(false)} confirmLoading={noting.isPending} onOk={() => form.submit()}>
        <Form<Given> form={form} layout="vertical" requiredMark={false} onFinish={(given) => noting.mutate(given)}>
          <p className="soft" style={{ marginBottom: 12 }}>{t("arrears.noteLead")}</p>
          <Form.Item name="enterprise_id" label={t("arrears.who")} rules={rules}>
            <Select showSearch={{ optionFilterProp: "label" }} loading={known.isFetching} options={(known.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))} />
          </Form.Item>
          <Form.Item name="yuan" label={t("arrears.amount")} rules={rules}><InputNumber<number> min={0.01} precision={2} prefix="¥" style={{ width: "100%" }} /></Form.Item>
          <Form.Item name="due" label={t("arrears.due")} rules={rules}><DatePicker style={{ width: "100%" }} /></Form.Item>
          <Form.Item name="reason" label={t("arrears.reason")} rules={[{ required: true, whitespace: true, message: t("labCalendar.needed") }]}><Input maxLength={200} /></Form.Item>
        </Form>
      </Modal>
    </>
  );
}

function SettleButton({ one }: { one: Owed }) {
  const { t } = useTranslation();
  const settling = useActing(() => settle(one.id), { touches: TOUCHES, said: t("arrears.settled") });
  return (
    <Popconfirm title={t("arrears.settleAsk", { who: one.enterprise })} okText={t("arrears.settle")} cancelText={t("common.close")} onConfirm={() => settling.mutate(undefined)}>
      <Button loading={settling.isPending}>{t("arrears.settle")}</Button>
    </Popconfirm>
  );
}

export function ArrearsPage() {
  const { t } = useTranslation();
  const person = usePerson();
  const keeps = !!person.data?.roles.some((role) => role === "institution_manager" || role === "finance");
  const found = useQuery({ ...arrears, enabled: keeps });
  return (
    <>
      <LabTabs />
      <PageHead title={t("arrears.title")} lead={t("arrears.lead")} tools={keeps && <NoteButton />} />
      {person.isSuccess && !keeps ? <div className="panel">{person.data ? <Blank kind="lock" title={t("error.forbidden")} lead={t("error.forbiddenLead")} /> : <Failure error={null} />}</div> : (
        <Answer query={found} loading={<div className="panel"><Loading rows={5} /></div>}>
          {({ items }) => items.length === 0 ? <div className="panel"><Blank title={t("arrears.none")} lead={t("arrears.noneLead")} /></div> : (
            <Table<Owed> rowKey="id" dataSource={items} pagination={false}
              columns={[
                { title: t("arrears.who"), dataIndex: "enterprise" },
                { title: t("arrears.amount"), key: "amount", align: "right", render: (_, one) => <span className="num">{formatFen(one.amount_fen)}</span> },
                { title: t("arrears.due"), key: "due", render: (_, one) => <span className="num">{one.due_on}</span> },
                { title: t("arrears.reason"), dataIndex: "reason" },
                { title: t("arrears.settle"), key: "settle", render: (_, one) => <SettleButton one={one} /> },
              ]} />
          )}
        </Answer>
      )}
    </>
  );
}
