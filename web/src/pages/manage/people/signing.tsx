/** Notes that an enterprise signed the agreement of use: one that reserved here, or any by its code. */

import { DatePicker, Form, Input, Modal, Segmented, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import dayjs, { type Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";

import { useActing } from "../../../parts/acting";
import { clients } from "../arrears/asked";
import { type Agreement, sign } from "./asked";

const WAYS = ["client", "code"] as const;

interface Given {
  way: (typeof WAYS)[number];
  enterprise?: string;
  code?: string;
  until: Dayjs;
}

/** `former`: what is to be extended. */
export function SigningDialog({ former, close }: { former: Agreement | null; close: () => void }) {
  const { t } = useTranslation();
  const [form] = Form.useForm<Given>();
  const way = Form.useWatch("way", form);
  const known = useQuery({ ...clients, enabled: !former });
  const signing = useActing(
    (given: Given) => sign({
      valid_until: given.until.format("YYYY-MM-DD"),
      ...(former ? { enterprise_id: former.enterprise_id } : given.way === "client" ? { enterprise_id: given.enterprise ?? null } : { credit_code: given.code?.trim().toUpperCase() ?? null }),
    }),
    { touches: ["lease-agreements"], said: t("trusted.signed"), then: close },
  );
  const title = t(former ? "trusted.extend" : "trusted.sign");
  const rules = [{ required: true, message: t("labCalendar.needed") }];
  return (
    <Modal open title={former ? `${title}: ${former.enterprise}` : title} okText={title} cancelText={t("common.close")} onCancel={close} confirmLoading={signing.isPending} onOk={() => form.submit()}>
      <Form<Given> form={form} layout="vertical" requiredMark={false} initialValues={{ way: "client", until: dayjs().add(1, "year") }} onFinish={(given) => signing.mutate(given)}>
        <p className="soft" style={{ marginBottom: 12 }}>{t("trusted.signLead")}</p>
        {!former && (
          <>
            <Form.Item name="way" label={t("trusted.enterprise")}><Segmented block options={WAYS.map((value) => ({ value, label: t(`trusted.which.${value}`) }))} /></Form.Item>
            {way === "client" ? (
              <Form.Item name="enterprise" rules={rules}>
                <Select aria-label={t("trusted.enterprise")} showSearch={{ optionFilterProp: "label" }} loading={known.isFetching} options={(known.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))} />
              </Form.Item>
            ) : (
              <Form.Item name="code" rules={[...rules, { pattern: /^\s*[0-9A-Za-z]{18}\s*$/, message: t("trusted.codeWrong") }]}>
                <Input aria-label={t("trusted.code")} placeholder={t("trusted.code")} maxLength={20} />
              </Form.Item>
            )}
          </>
        )}
        <Form.Item name="until" label={t("trusted.until")} rules={rules}><DatePicker style={{ width: "100%" }} /></Form.Item>
      </Form>
    </Modal>
  );
}
