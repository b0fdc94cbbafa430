/** One's own account: password, second factor, signed-in devices, tokens. */

import { Alert, App, Button, Form, Input, Popconfirm } from "antd";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { changePassword, endAllSignIns, endSignIn, signIns } from "../../api/account";
import { ApiProblem, isProblem } from "../../api/http";
import type { SignInRow } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { formatInstant } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { Age, ToneTag } from "../../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Failure, Loading, useProblemText } from "../../parts/states";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";
import { usePerson } from "../../shell/access";
import { KioskPin } from "./pin";
import { LinkedAccounts } from "./linked";
import { SecondFactor } from "./second-factor";
import { Tokens } from "./tokens";

function Password() {
  const { t } = useTranslation();
  const lang = useLang();
  const { message } = App.useApp();
  const textOf = useProblemText();
  const cache = useQueryClient();
  const [form] = Form.useForm<{ former: string; next: string; repeat: string }>();
  const changing = useMutation({
    mutationFn: (given: { former: string; next: string }) => changePassword(given.former, given.next),
    onSuccess: () => {
      form.resetFields();
      void cache.invalidateQueries();
      void message.success(t("account.changed"));
    },
  });
  const said = isProblem(changing.error) ? changing.error : null;
  return (
    <section className="panel">
      <header><h2>{t("account.password")}</h2></header>
      <div className="panel-body">
        <p className="soft" style={{ marginBottom: 12 }}>{t("account.passwordLead")}</p>
        {said && (
          <Alert type="error" showIcon role="alert" style={{ marginBottom: 12 }} title={textOf(said)}
            description={said.problems.length > 0 && <ul>{said.problems.map((one) => <li key={one.code}>{pick(lang, one, "detail")}</li>)}</ul>} />
        )}
        <Form form={form} layout="vertical" requiredMark={false} onFinish={(given) => changing.mutate(given)} style={{ maxWidth: 360 }}>
          <Form.Item name="former" label={t("account.former")} rules={[{ required: true, message: t("auth.passwordMissing") }]}><Input.Password autoComplete="current-password" /></Form.Item>
          <Form.Item name="next" label={t("account.next")} rules={[{ required: true, message: t("auth.passwordMissing") }]}><Input.Password autoComplete="new-password" /></Form.Item>
          <Form.Item name="repeat" label={t("account.repeat")} dependencies={["next"]}
            rules={[
              { required: true, message: t("auth.passwordMissing") },
              ({ getFieldValue }) => ({ validator: (_, value) => (!value || value === getFieldValue("next") ? Promise.resolve() : Promise.reject(new Error(t("account.differ")))) }),
            ]}><Input.Password autoComplete="new-password" /></Form.Item>
          <Button htmlType="submit" loading={changing.isPending}>{t("account.change")}</Button>
        </Form>
      </div>
    </section>
  );
}

/** "Chrome · Windows" is what people recognise; the whole line is in the title. */
function browserOf(agent: string): string | null {
  const browser = /(Edg|Firefox|Chrome|Safari)/.exec(agent)?.[1];
  const system = /(Windows|Mac OS X|Android|iPhone|iPad|Linux)/.exec(agent)?.[1];
  const found = [browser === "Edg" ? "Edge" : browser, system === "Mac OS X" ? "macOS" : system].filter(Boolean).join(" · ");
  return found || null;
}

function SignIns() {
  const { t } = useTranslation();
  const lang = useLang();
  const cache = useQueryClient();
  const found = useQuery(signIns);
  const ending = useActing(endSignIn, { touches: ["account"] });
  const endingAll = useActing(endAllSignIns, { touches: ["account"], then: () => cache.setQueryData(["me"], null) });
  return (
    <section className="panel">
      <header>
        <h2>{t("account.signIns")}</h2>
        <Popconfirm title={t("account.endAllAsk")} onConfirm={() => endingAll.mutate(undefined)}><Button size="small" danger loading={endingAll.isPending}>{t("account.endAll")}</Button></Popconfirm>
      </header>
      <Answer query={found} loading={<Loading rows={3} />}>
        {(list) => (
          <div className="panel-body stack" style={{ gap: 10 }}>
            <p className="soft">{t("account.signInsLead")}</p>
            <Wide label={t("account.signIns")} width={560}><Table<SignInRow> size="small" rowKey="id" dataSource={list.items} pagination={false}
              columns={[
                { title: t("account.device"), key: "agent", render: (_, one) => <span title={one.user_agent} className="row tight">{browserOf(one.user_agent) ?? t("account.unknownBrowser")}{one.is_this && <ToneTag tone="accent">{t("account.thisOne")}</ToneTag>}{one.by_provider && <ToneTag tone="idle">{t("provider.byProvider")}</ToneTag>}</span> },
                { title: t("account.address"), dataIndex: "address", render: (address: string) => <span className="mono">{address}</span> },
                { title: t("account.since"), key: "since", render: (_, one) => <span className="num">{formatInstant(Date.parse(one.created_at), LAB_ZONE, lang)}</span> },
                { title: t("account.seen"), key: "seen", render: (_, one) => <Age at={one.last_seen_at} /> },
                { title: "", key: "do", align: "right", render: (_, one) => !one.is_this && <Button size="small" onClick={() => ending.mutate(one.id)}>{t("account.end")}</Button> },
              ]} /></Wide>
          </div>
        )}
      </Answer>
    </section>
  );
}

export function AccountPage() {
  const { t } = useTranslation();
  const person = usePerson();
  if (person.isLoading) return <div className="panel"><Loading /></div>;
  if (!person.data) return <div className="panel"><Failure error={person.error ?? new ApiProblem(401, { code: "not_signed_in" })} /></div>;
  return (
    <>
      <PageHead title={t("account.title")} lead={t("account.lead")} />
      <div className="stack">
        {person.data.must_change_password && <Alert type="warning" showIcon title={t("recover.mustChange")} />}
        {person.data.must_set_second_factor && <Alert type="warning" showIcon title={t("account.mustSet")} />}
        <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 420px), 1fr))", gap: 16, alignItems: "start" }}>
          <div className="stack">
            <SecondFactor />
            <LinkedAccounts />
          </div>
          <Password />
          <KioskPin />
        </div>
        <SignIns />
        <Tokens />
        <ZoneNote zone={LAB_ZONE} />
      </div>
    </>
  );
}
