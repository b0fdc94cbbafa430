/** Moving a reservation and closing a time, said in a form: for the keyboard, and for exact times. */

import { Alert, App, Button, DatePicker, Form, Input, Modal, Select } from "antd";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { pick, useLang } from "../../../i18n";
import { useActing } from "../../../parts/acting";
import { Problems } from "../../../parts/refusal";
import { WallPicker } from "../../../parts/wall-picker";
import { type BoardInstrument, type BoardReservation, close, move } from "./board";

export function MoveForm({ one, row, done }: { one: BoardReservation; row: BoardInstrument; done: () => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const moving = useActing(move, { touches: ["lab-calendar", "reservations"], said: t("labCalendar.moved"), then: done });
  return (
    <Modal open title={t("labCalendar.move")} footer={null} onCancel={done}>
      <p className="soft">{pick(lang, row, "name")} · {one.enterprise} · {one.holder}</p>
      <Form<{ from: number; to: number }> layout="vertical" initialValues={{ from: Date.parse(one.starts_at), to: Date.parse(one.ends_at) }} onFinish={(given) => moving.mutate({ id: one.id, ...given })}>
        <Form.Item name="from" label={t("labCalendar.starts")} rules={[{ required: true }]}><WallPicker zone={row.time_zone} label={t("labCalendar.starts")} grid={row.grid_minutes} /></Form.Item>
        <Form.Item name="to" label={t("labCalendar.ends")} rules={[{ required: true }]}><WallPicker zone={row.time_zone} label={t("labCalendar.ends")} grid={row.grid_minutes} /></Form.Item>
        {moving.isError && <Alert type="error" showIcon title={t("labCalendar.notMoved")} description={<Problems error={moving.error} />} style={{ marginBottom: 16 }} />}
        <Button type="primary" htmlType="submit" loading={moving.isPending}>{t("labCalendar.move")}</Button>
      </Form>
    </Modal>
  );
}

interface Closing {
  instrument: string;
  kind: "closure" | "maintenance" | "calibration" | "fault";
  from: number;
  to: number;
  reason_zh: string;
  reason_en?: string;
  repeat: number;
  until?: Dayjs;
}

export interface Proposed {
  instrument?: string;
  from?: number;
  to?: number;
}

export const KINDS = ["closure", "maintenance", "calibration", "fault"] as const;

export function ClosureForm({ rows, zone, proposed, done }: { rows: BoardInstrument[]; zone: string; proposed: Proposed; done: () => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const cache = useQueryClient();
  const { modal, message } = App.useApp();
  const closing = useMutation({
    mutationFn: close,
    onSuccess: ({ met }) => {
      void cache.invalidateQueries({ queryKey: ["lab-calendar"] });
      done();
      if (met.length === 0) void message.success(t("labCalendar.closed"));
      else modal.warning({
        title: t("labCalendar.closed"),
        content: <><p>{t("labCalendar.met", { count: met.length })}</p><ul>{met.map((id) => <li key={id}><Link to={`/reservations/${id}`} className="mono">{id}</Link></li>)}</ul></>,
      });
    },
  });
  const send = (given: Closing): void =>
    closing.mutate({
      instrument_id: given.instrument || null,
      kind: given.kind,
      starts_at: new Date(given.from).toISOString(),
      ends_at: new Date(given.to).toISOString(),
      reason_zh: given.reason_zh,
      reason_en: given.reason_en ?? "",
      repeat_days: given.repeat || null,
      repeat_until: given.repeat && given.until ? given.until.format("YYYY-MM-DD") : null,
    });
  return (
    <Modal open title={t("labCalendar.addClosure")} footer={null} onCancel={done}>
      <Form<Closing> layout="vertical" onFinish={send} initialValues={{ instrument: proposed.instrument ?? "", kind: "maintenance", repeat: 0, ...(proposed.from ? { from: proposed.from, to: proposed.to } : {}) }}>
        <Form.Item name="instrument" label={t("labCalendar.scope")}>
          <Select aria-label={t("labCalendar.scope")} showSearch={{ optionFilterProp: "label" }} options={[{ value: "", label: t("manage.forAll") }, ...rows.map((one) => ({ value: one.id, label: `${pick(lang, one, "name")} ${one.code}` }))]} />
        </Form.Item>
        <Form.Item name="kind" label={t("labCalendar.kind")}><Select aria-label={t("labCalendar.kind")} options={KINDS.map((one) => ({ value: one, label: t(`labCalendar.kinds.${one}`) }))} /></Form.Item>
        <Form.Item name="from" label={t("labCalendar.starts")} rules={[{ required: true, message: t("labCalendar.needed") }]}><WallPicker zone={zone} label={t("labCalendar.starts")} /></Form.Item>
        <Form.Item name="to" label={t("labCalendar.ends")} rules={[{ required: true, message: t("labCalendar.needed") }]}><WallPicker zone={zone} label={t("labCalendar.ends")} /></Form.Item>
        <Form.Item name="reason_zh" label={t("labCalendar.reason")} rules={[{ required: true, whitespace: true, message: t("labCalendar.needed") }]}><Input maxLength={200} /></Form.Item>
        <Form.Item name="reason_en" label={t("labCalendar.reasonEn")}><Input maxLength={200} /></Form.Item>
        <Form.Item name="repeat" label={t("labCalendar.repeat")}>
          <Select aria-label={t("labCalendar.repeat")} options={[{ value: 0, label: t("labCalendar.repeatNone") }, { value: 1, label: t("labCalendar.repeatDaily") }, { value: 7, label: t("labCalendar.repeatWeekly") }, { value: 14, label: t("labCalendar.repeatFortnight") }]} />
        </Form.Item>
        <Form.Item noStyle shouldUpdate={(before: Closing, after: Closing) => before.repeat !== after.repeat}>
          {(form) => !!form.getFieldValue("repeat") && <Form.Item name="until" label={t("labCalendar.repeatUntil")}><DatePicker aria-label={t("labCalendar.repeatUntil")} style={{ width: "100%" }} /></Form.Item>}
        </Form.Item>
        {closing.isError && <Alert type="error" showIcon title={<Problems error={closing.error} />} style={{ marginBottom: 16 }} />}
        <Button type="primary" htmlType="submit" loading={closing.isPending}>{t("labCalendar.addClosure")}</Button>
      </Form>
    </Modal>
  );
}
