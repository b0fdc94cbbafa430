/** A new notice on holidays, typed as it was published or read from a file. */

import { Alert, App, Button, DatePicker, Form, Input, InputNumber, Popconfirm, Upload } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";

import { importNotice } from "../../api/offices";
import { isProblem } from "../../api/http";
import { pick, useLang } from "../../i18n";
import { readDays, readNoticeFile, writeDays } from "../../lib/notice-days";
import { useActing } from "../../parts/acting";

interface Given {
  year: number;
  title: string;
  issued_on: Dayjs;
  off: string;
  work?: string;
}

export function ImportForm({ year, done }: { year: number; done: (year: number) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const { message } = App.useApp();
  const [form] = Form.useForm<Given>();
  const [off, work] = [Form.useWatch("off", form), Form.useWatch("work", form)].map((text: string | undefined) => readDays(text ?? ""));
  const sending = useActing(
    ({ year, title, issued_on, off: offDays, work: workDays }: Given) =>
      importNotice({ year, title: title.trim(), issued_on: issued_on.format("YYYY-MM-DD"), off: readDays(offDays).days, work: readDays(workDays ?? "").days }),
    {
      touches: ["workdays", "due-dates", "reviews", "registrations"],
      then: (made) => {
        void message.success(t("workdays.done", { moved: made.moved, settled: made.settled }), 8);
        done(form.getFieldValue("year") as number);
      },
    },
  );
  const load = async (file: File): Promise<void> => {
    const notice = readNoticeFile(await file.text());
    if (!notice) return void message.error(t("workdays.fileBad"));
    form.setFieldsValue({ year: notice.year, title: notice.title, issued_on: dayjs(notice.issued_on), off: writeDays(notice.off), work: writeDays(notice.work) });
  };
  const required = { required: true, message: t("staffing.invalid") };
  const lines = {
    validator: (_: unknown, text: string | undefined) => {
      const [bad] = readDays(text ?? "").bad;
      return bad ? Promise.reject(new Error(t("workdays.badLine", bad))) : Promise.resolve();
    },
  };
  const refused = isProblem(sending.error) ? sending.error.problems : [];
  return (
    <Form form={form} layout="vertical" requiredMark={false} className="short-form" initialValues={{ year }} onFinish={(given) => sending.mutate(given)}>
      <div className="whole row" style={{ marginBottom: 12 }}>
        <span className="soft" style={{ flex: "1 1 280px" }}>{t("workdays.importLead")}</span>
        <Upload accept=".json,application/json" showUploadList={false} beforeUpload={(file) => { void load(file); return false; }}><Button size="small">{t("workdays.file")}</Button></Upload>
      </div>
      <Form.Item name="year" label={t("workdays.year")} rules={[required]}><InputNumber min={2000} max={2100} style={{ width: "100%" }} /></Form.Item>
      <Form.Item name="issued_on" label={t("workdays.issuedOn")} rules={[required]}><DatePicker style={{ width: "100%" }} /></Form.Item>
      <Form.Item name="title" label={t("workdays.noticeTitle")} className="whole" rules={[{ ...required, whitespace: true }]}><Input maxLength={200} /></Form.Item>
      <Form.Item name="off" label={t("workdays.offDays")} extra={t("workdays.daysHint")} rules={[required, lines]}><Input.TextArea autoSize={{ minRows: 5, maxRows: 14 }} maxLength={4000} className="mono-input" /></Form.Item>
      <Form.Item name="work" label={t("workdays.workDays")} extra={t("workdays.workHint")} rules={[lines]}><Input.TextArea autoSize={{ minRows: 5, maxRows: 14 }} maxLength={4000} className="mono-input" /></Form.Item>
      {refused.length > 0 && <Alert className="whole" role="alert" type="error" showIcon style={{ marginBottom: 12 }} title={<ul>{refused.map((one) => <li key={one.code + one.detail_zh}>{pick(lang, one, "detail")}</li>)}</ul>} />}
      <div className="whole row">
        <Popconfirm title={t("workdays.ask", { year: (form.getFieldValue("year") as number | undefined) ?? year })} onConfirm={() => form.submit()} okText={t("workdays.send")}>
          <Button type="primary" loading={sending.isPending}>{t("workdays.send")}</Button>
        </Popconfirm>
        <span className="faint num">{t("workdays.counted", { off: Object.keys(off?.days ?? {}).length, work: Object.keys(work?.days ?? {}).length })}</span>
      </div>
    </Form>
  );
}
