/** Linking one's account to the other platform, and taking the link away. */

import { App, Button, Form, Input, Modal, Popconfirm } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";

import { beginLink, linkedAccounts, type LinkedAccount, provider, unlink } from "../../api/provider";
import { useLang } from "../../i18n";
import { formatInstant } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { Age, ToneTag } from "../../parts/marks";
import { LAB_ZONE } from "../../parts/page";
import { Answer, Loading } from "../../parts/states";
import { useProviderName } from "../../shell/provider";

function Linked({ one }: { one: LinkedAccount }) {
  const { t } = useTranslation();
  const lang = useLang();
  const removing = useActing(unlink, { touches: ["account", "me"], said: t("provider.unlinked") });
  return (
    <div className="row" style={{ justifyContent: "space-between" }}>
      <dl className="pair" style={{ margin: 0 }}>
        <dt>{t("provider.issuer")}</dt><dd className="mono" style={{ overflowWrap: "anywhere" }}>{one.issuer}</dd>
        <dt>{t("provider.linkedAt")}</dt><dd className="num">{formatInstant(Date.parse(one.linked_at), LAB_ZONE, lang)}</dd>
        <dt>{t("provider.usedAt")}</dt><dd>{one.used_at ? <Age at={one.used_at} /> : <span className="faint">{t("provider.never")}</span>}</dd>
      </dl>
      <Popconfirm title={t("provider.unlinkAsk")} onConfirm={() => removing.mutate(one.id)}>
        <Button danger loading={removing.isPending}>{t("provider.unlink")}</Button>
      </Popconfirm>
    </div>
  );
}

function LinkForm({ name }: { name: string }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const leaving = useActing(beginLink, { touches: [], then: (trip) => window.location.assign(trip.address) });
  const [form] = Form.useForm<{ password: string }>();
  return (
    <>
      <div><Button type="primary" onClick={() => setOpen(true)}>{t("provider.link", { name })}</Button></div>
      <Modal open={isOpen} title={t("provider.link", { name })} okText={t("provider.goOn")} destroyOnHidden width={420}
        confirmLoading={leaving.isPending || leaving.isSuccess} onOk={() => form.submit()} onCancel={() => setOpen(false)}>
        <p className="soft" style={{ marginBottom: 12 }}>{t("provider.linkAsk", { name })}</p>
        <Form form={form} layout="vertical" requiredMark={false} onFinish={(given) => leaving.mutate(given.password)}>
          <Form.Item name="password" label={t("account.former")} rules={[{ required: true, message: t("auth.passwordMissing") }]}>
            <Input.Password autoComplete="current-password" autoFocus />
          </Form.Item>
        </Form>
      </Modal>
    </>
  );
}

/** Says once, after the trip there and back, that it worked. */
function useSaid(name: string): void {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [search, setSearch] = useSearchParams();
  const isJustLinked = search.has("linked") && name !== "";
  useEffect(() => {
    if (!isJustLinked) return;
    void message.success(t("provider.linked", { name }));
    setSearch({}, { replace: true });
  }, [isJustLinked, message, name, setSearch, t]);
}

export function LinkedAccounts() {
  const { t } = useTranslation();
  const offered = useQuery(provider);
  const found = useQuery(linkedAccounts);
  const name = useProviderName();
  useSaid(name);
  const isOffered = offered.data?.is_offered ?? false;
  // Where no platform is set up, there is nothing to say, unless links of former days remain.
  if (!isOffered && !found.data?.items.length) return null;
  return (
    <section className="panel" id="single-sign-on">
      <header>
        <h2>{t("provider.panel")}</h2>
        {found.data && <ToneTag tone={found.data.items.length ? "running" : "idle"}>{t(found.data.items.length ? "provider.on" : "provider.off")}</ToneTag>}
      </header>
      <Answer query={found} loading={<Loading rows={2} />}>
        {(list) => (
          <div className="panel-body stack">
            <p className="soft">{t("provider.panelLead", { name })}</p>
            {list.items.map((one) => <Linked key={one.id} one={one} />)}
            {isOffered && list.items.length === 0 && <LinkForm name={name} />}
          </div>
        )}
      </Answer>
    </section>
  );
}
