/** A phone or a mailbox, with the code that proves whose it is. */

import { App, Button, Form, type FormInstance, Input, Space } from "antd";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { isProblem } from "../../api/http";
import { askCode, giveCode } from "../../api/people";
import { isEmail, isPhone } from "../../lib/numbers";
import { useNow } from "../../parts/now";
import { useProblemText } from "../../parts/states";
import { ToneTag } from "../../parts/marks";

const AGAIN_AFTER_MS = 60_000;

interface Asked {
  id: string;
  address: string;
  at: number;
  confirmed: boolean;
}

/** Returns the confirmation's id once the address as it stands was proven. */
export function ConfirmedField({ form, channel, label, prove }: {
  form: FormInstance;
  channel: "phone" | "email";
  label: string;
  prove: (id: string | null) => void;
}) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const textOf = useProblemText();
  const now = useNow();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [code, setCode] = useState("");
  const [wrong, setWrong] = useState(false);
  const address = (Form.useWatch<string | undefined>(channel, form) ?? "").trim();
  const isSound = channel === "phone" ? isPhone(address) : isEmail(address);
  const current = asked?.address === address ? asked : null;
  const proven = current?.confirmed ? current.id : null;
  useEffect(() => prove(proven), [prove, proven]);

  const failed = (error: Error): void => void message.error(isProblem(error) ? textOf(error) : t("error.server"));
  const asking = useMutation({
    mutationFn: () => askCode(channel, address),
    onSuccess: (made) => {
      setAsked({ id: made.id, address, at: now, confirmed: false });
      setCode("");
      setWrong(false);
      void message.success(t("register.sent"));
    },
    onError: failed,
  });
  const giving = useMutation({
    mutationFn: (one: Asked) => giveCode(one.id, code.trim()),
    onSuccess: (answer, one) => {
      setWrong(!answer.confirmed);
      if (!answer.confirmed) return;
      setAsked({ ...one, confirmed: true });
      form.setFields([{ name: channel, errors: [] }]);
    },
    onError: failed,
  });
  const wait = current ? Math.ceil((current.at + AGAIN_AFTER_MS - now) / 1000) : 0;
  const give = (): void => {
    if (current && code.trim() && !giving.isPending) giving.mutate(current);
  };
  return (
    <>
      <Form.Item label={label} required htmlFor={channel} style={{ marginBottom: current && !proven ? 8 : undefined }}>
        <div className="confirmed">
          <Form.Item name={channel} noStyle validateTrigger="onBlur"
            rules={[
              { required: true, message: t("register.missing") },
              { validator: (_, text: string) => (!text || (channel === "phone" ? isPhone(text.trim()) : isEmail(text.trim())) ? Promise.resolve() : Promise.reject(new Error(t(channel === "phone" ? "register.phoneBad" : "register.emailBad")))) },
            ]}>
            <Input id={channel} autoComplete={channel === "phone" ? "tel" : "email"} inputMode={channel === "phone" ? "tel" : "email"} maxLength={200} />
          </Form.Item>
          {proven ? <span data-confirmed={channel}><ToneTag tone="running">{t("register.verified")}</ToneTag></span> : (
            <Button disabled={!isSound || wait > 0} loading={asking.isPending} onClick={() => asking.mutate()} data-ask={channel}>
              {wait > 0 ? t("register.resend", { seconds: wait }) : t("register.sendCode")}
            </Button>
          )}
        </div>
      </Form.Item>
      {current && !proven && (
        <div className="given">
          <Space.Compact block>
            <Input value={code} inputMode="numeric" autoComplete="one-time-code" maxLength={6} status={wrong ? "error" : ""}
              aria-label={t("register.code", { address })} aria-invalid={wrong} placeholder={t("register.code", { address })} data-code={channel}
              onChange={(event) => setCode(event.target.value)}
              onPressEnter={(event) => { event.preventDefault(); give(); }} />
            <Button loading={giving.isPending} disabled={!code.trim()} onClick={give}>{t("register.verify")}</Button>
          </Space.Compact>
          {wrong && <p role="alert" className="wrong">{t("register.codeWrong")}</p>}
        </div>
      )}
    </>
  );
}
