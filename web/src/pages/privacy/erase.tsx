/** Being forgotten: what it means, the password that proves it is wished, or why it must wait. */

import { Alert, App, Button, Checkbox, Form, Input } from "antd";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";

import { isProblem } from "../../api/http";
import { eraseMe } from "../../api/offices";
import { pick, useLang } from "../../i18n";
import { restartFeed } from "../../live/feed";
import { useActing } from "../../parts/acting";

export function Erase() {
  const { t } = useTranslation();
  const lang = useLang();
  const cache = useQueryClient();
  const go = useNavigate();
  const { message } = App.useApp();
  const [understood, setUnderstood] = useState(false);
  const erasing = useActing(eraseMe, {
    touches: [],
    then: () => {
      cache.clear();
      cache.setQueryData(["me"], null);
      restartFeed(cache);
      void message.success(t("privacy.erased"));
      void go("/");
    },
  });
  const reasons = isProblem(erasing.error) && erasing.error.code === "erasure_held" ? erasing.error.problems : [];
  return (
    <section className="panel">
      <header><h2>{t("privacy.erase")}</h2></header>
      <div className="panel-body stack">
        <p className="soft">{t("privacy.eraseLead")}</p>
        {reasons.length > 0 && (
          <Alert type="warning" showIcon role="alert" title={t("privacy.held")}
            description={<ul className="remarks">{reasons.map((one) => <li key={one.code + (one.field ?? "")}>{pick(lang, one, "detail")}{one.code === "legal_hold" && <span className="faint num"> {t("privacy.until", { on: one.field ?? "" })}</span>}</li>)}</ul>} />
        )}
        <Checkbox checked={understood} onChange={(event) => setUnderstood(event.target.checked)}>{t("privacy.eraseAsk")}</Checkbox>
        {understood && (
          <Form layout="vertical" requiredMark={false} onFinish={(given: { password: string }) => erasing.mutate(given.password)} style={{ maxWidth: 360 }}>
            <Form.Item name="password" label={t("privacy.password")} rules={[{ required: true, message: t("privacy.passwordMissing") }]}><Input.Password autoComplete="current-password" /></Form.Item>
            <Button danger type="primary" htmlType="submit" loading={erasing.isPending}>{t("privacy.eraseNow")}</Button>
          </Form>
        )}
      </div>
    </section>
  );
}
