/** One's number for the tablets beside the instruments. */

import { Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";

import { setPin } from "../../api/lease";
import { useActing } from "../../parts/acting";

export function KioskPin() {
  const { t } = useTranslation();
  const [form] = Form.useForm<{ pin: string }>();
  const setting = useActing(setPin, { touches: [], said: t("pin.done"), then: () => form.resetFields() });
  return (
    <section className="panel">
      <header><h2>{t("pin.title")}</h2></header>
      <div className="panel-body">
        <p className="soft" style={{ marginBottom: 12 }}>{t("pin.lead")}</p>
        <Form form={form} layout="vertical" requiredMark={false} onFinish={({ pin }) => setting.mutate(pin)} style={{ maxWidth: 360 }}>
          <Form.Item name="pin" label={t("pin.label")} extra={t("pin.rule")} rules={[{ pattern: /^\d{6}$/, required: true, message: t("pin.wrong") }]}>
            <Input.Password inputMode="numeric" autoComplete="off" maxLength={6} />
          </Form.Item>
          <Button htmlType="submit" loading={setting.isPending}>{t("pin.set")}</Button>
        </Form>
      </div>
    </section>
  );
}
