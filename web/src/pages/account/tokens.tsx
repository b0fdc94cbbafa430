/** Access tokens for programs. */

import { Alert, Button, Form, Input, Popconfirm, Select, Typography } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { makeToken, revokeToken, tokens } from "../../api/account";
import type { TokenRow } from "../../api/types";
import { useLang } from "../../i18n";
import { tokenScopes } from "../../i18n/offices/zh";
import { formatDate } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { Age } from "../../parts/marks";
import { LAB_ZONE } from "../../parts/page";
import { Answer, Loading } from "../../parts/states";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";

const LENGTHS = [1, 7, 30, 90, 365] as const;

type Kind = keyof typeof tokenScopes.kinds;

/** "预约（读写）" for reservations:write; what has no name keeps its code. */
function useScopeName(): (scope: string) => string {
  const { t } = useTranslation();
  return (scope) => {
    const [kind = "", may] = scope.split(":");
    if (!(kind in tokenScopes.kinds)) return scope;
    return t("tokenScopes.named", { kind: t(`tokenScopes.kinds.${kind as Kind}`), may: t(may === "write" ? "tokenScopes.write" : "tokenScopes.read") });
  };
}

export function Tokens() {
  const { t } = useTranslation();
  const nameOf = useScopeName();
  const lang = useLang();
  const found = useQuery(tokens);
  const [made, setMade] = useState<string | null>(null);
  const [form] = Form.useForm<{ name: string; scopes: string[]; lasts_days: (typeof LENGTHS)[number] }>();
  const making = useActing(makeToken, { touches: ["account"], then: (one) => { setMade(one.token); form.resetFields(); } });
  const revoking = useActing(revokeToken, { touches: ["account"] });
  return (
    <section className="panel">
      <header><h2>{t("account.tokens")}</h2><span className="faint">{t("account.tokensLead")}</span></header>
      <Answer query={found} loading={<Loading rows={3} />}>
        {(list) => (
          <div className="panel-body stack">
            <Form form={form} layout="vertical" requiredMark={false} initialValues={{ lasts_days: 30 }} onFinish={(given) => making.mutate(given)}
              style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(180px, 1fr))", gap: "0 12px", alignItems: "end" }}>
              <Form.Item name="name" label={t("account.tokenName")} rules={[{ required: true, message: t("account.tokenName") }]}><Input maxLength={80} /></Form.Item>
              <Form.Item name="scopes" label={t("account.tokenScopes")} rules={[{ required: true, message: t("account.tokenScopes") }]}>
                <Select mode="multiple" maxTagCount={2} showSearch={{ optionFilterProp: "label" }} options={list.scopes.map((one) => ({ value: one, label: nameOf(one) }))} />
              </Form.Item>
              <Form.Item name="lasts_days" label={t("account.tokenLasts")}><Select options={LENGTHS.map((one) => ({ value: one, label: t("common.days", { count: one }) }))} /></Form.Item>
              <Form.Item><Button htmlType="submit" loading={making.isPending}>{t("account.tokenMake")}</Button></Form.Item>
            </Form>
            {made && <Alert type="success" showIcon title={t("account.tokenMade")} closable={{ onClose: () => setMade(null) }} description={<Typography.Text code copyable>{made}</Typography.Text>} />}
            <Wide label={t("account.tokens")} width={560}><Table<TokenRow> size="small" rowKey="id" dataSource={list.items} pagination={false} locale={{ emptyText: t("account.tokenNone") }}
              columns={[
                { title: t("account.tokenName"), dataIndex: "name" },
                { title: t("account.tokenScopes"), key: "scopes", render: (_, one) => <span title={one.scopes.join(" ")}>{one.scopes.map(nameOf).join("、")}</span> },
                { title: t("account.tokenUsed"), key: "used", render: (_, one) => (one.last_used_at ? <Age at={one.last_used_at} /> : <span className="faint">{t("account.tokenNever")}</span>) },
                { title: t("account.tokenExpires"), key: "expires", render: (_, one) => <span className="num">{formatDate(Date.parse(one.expires_at), LAB_ZONE, lang)}</span> },
                { title: "", key: "do", align: "right", render: (_, one) => <Popconfirm title={`${t("account.tokenRevoke")} ${one.name}?`} onConfirm={() => revoking.mutate(one.id)}><Button size="small" danger>{t("account.tokenRevoke")}</Button></Popconfirm> },
              ]} /></Wide>
          </div>
        )}
      </Answer>
    </section>
  );
}
