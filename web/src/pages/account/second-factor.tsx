/** Setting up, keeping and removing the second factor. */

import { Button, Form, Input, Modal } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { beginSecondFactor, confirmSecondFactor, secondFactor, turnOffSecondFactor } from "../../api/account";
import type { SecondFactorOffer } from "../../api/types";
import { useActing } from "../../parts/acting";
import { ToneTag } from "../../parts/marks";
import { Answer, Loading } from "../../parts/states";

function CodeForm({ button, busy, submit }: { button: string; busy: boolean; submit: (code: string) => void }) {
  const { t } = useTranslation();
  return (
    <Form layout="inline" onFinish={(given: { code: string }) => submit(given.code.trim())} style={{ gap: 8 }}>
      <Form.Item name="code" label={t("account.code")} rules={[{ required: true, message: t("account.codeMissing") }]}>
        <Input autoComplete="one-time-code" maxLength={40} style={{ width: 200 }} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={busy}>{button}</Button>
    </Form>
  );
}

function Offer({ offer, done }: { offer: SecondFactorOffer; done: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const confirming = useActing(confirmSecondFactor, { touches: ["account", "me"], then: (made) => done(made.recovery_codes) });
  return (
    <div className="stack">
      <p>{t("account.scan")}</p>
      <div className="row" style={{ alignItems: "center" }}>
        <img alt={t("account.qr")} width={168} height={168} src={`data:image/svg+xml;utf8,${encodeURIComponent(offer.qr_svg)}`} />
        <code className="mono" data-secret style={{ fontSize: 14 }}>{offer.secret.replaceAll(/(.{4})/g, "$1 ").trim()}</code>
      </div>
      <CodeForm button={t("account.confirm")} busy={confirming.isPending} submit={(code) => confirming.mutate(code)} />
    </div>
  );
}

export function SecondFactor() {
  const { t } = useTranslation();
  const found = useQuery(secondFactor);
  const [offer, setOffer] = useState<SecondFactorOffer | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const beginning = useActing(beginSecondFactor, { touches: [], then: setOffer });
  const removing = useActing(turnOffSecondFactor, { touches: ["me", "account"], said: t("account.turnedOff") });
  return (
    <section className="panel">
      <header>
        <h2>{t("account.factor")}</h2>
        {found.data && <ToneTag tone={found.data.is_set ? "running" : "idle"}>{t(found.data.is_set ? "account.factorOn" : "account.factorOff")}</ToneTag>}
      </header>
      <Answer query={found} loading={<Loading rows={2} />}>
        {(state) => (
          <div className="panel-body stack">
            <p className="soft">{t("account.factorLead")}</p>
            {state.is_set ? (
              <>
                <p className="num">{t("account.left", { count: state.recovery_codes_left })}</p>
                <CodeForm button={t("account.turnOff")} busy={removing.isPending} submit={(code) => removing.mutate(code)} />
              </>
            ) : offer ? (
              <Offer offer={offer} done={(made) => { setOffer(null); setCodes(made); }} />
            ) : (
              <div><Button type="primary" loading={beginning.isPending} onClick={() => beginning.mutate(undefined)}>{t("account.begin")}</Button></div>
            )}
          </div>
        )}
      </Answer>
      <Modal open={codes !== null} title={t("account.codesTitle")} closable={false} onOk={() => setCodes(null)} okText={t("account.codesKept")} cancelButtonProps={{ style: { display: "none" } }}>
        <p className="soft">{t("account.codesLead")}</p>
        <ul className="mono" style={{ columns: 2, fontSize: 15, lineHeight: 2 }}>{codes?.map((one) => <li key={one}>{one}</li>)}</ul>
      </Modal>
    </section>
  );
}
