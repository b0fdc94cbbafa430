/** Name and PIN on a big number pad, and what came of it; neither is kept. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SyntheticEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { isProblem } from "../../api/http";
import { actAtKiosk } from "../../api/lease";
import { formatClock } from "../../lib/time";
import { useProblemText } from "../../parts/states";

const PIN_LENGTH = 6;
/** How long it is shown that it worked, before the next person comes. */
const SHOWN_MS = 8_000;
const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

function Done({ verb, until, leave }: { verb: "check-in" | "end"; until: string; leave: () => void }) {
  const { t } = useTranslation();
  useEffect(() => {
    const timer = window.setTimeout(leave, SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [leave]);
  return (
    <section className="booth-done" role="status" data-done={verb}>
      <svg width="96" height="96" viewBox="0 0 96 96" aria-hidden="true">
        <circle cx="48" cy="48" r="44" fill="#22a55b" /><path d="M28 49l14 14 27-29" fill="none" stroke="#fff" strokeWidth="8" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      <h2>{t(verb === "check-in" ? "booth.inDone" : "booth.endDone")}</h2>
      <p>{verb === "check-in" ? t("booth.inDoneLead", { at: until }) : t("booth.endDoneLead")}</p>
      <button type="button" className="booth-button plain" onClick={leave}>{t("booth.cancel")}</button>
    </section>
  );
}

export function Pad({ code, verb, zone, leave }: { code: string; verb: "check-in" | "end"; zone: string; leave: () => void }) {
  const { t } = useTranslation();
  const cache = useQueryClient();
  const textOf = useProblemText();
  const [login, setLogin] = useState("");
  const [pin, setPin] = useState("");
  const name = useRef<HTMLInputElement>(null);
  useEffect(() => name.current?.focus(), []);
  const acting = useMutation({
    mutationFn: () => actAtKiosk(code, verb, { login: login.trim(), pin }),
    onError: () => setPin(""),
    onSettled: () => cache.invalidateQueries({ queryKey: ["kiosk"] }),
  });
  const ready = login.trim() !== "" && pin.length === PIN_LENGTH && !acting.isPending;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (ready) acting.mutate();
  };
  const press = (digit: string): void => setPin((before) => (before + digit).slice(0, PIN_LENGTH));
  if (acting.data) return <Done verb={verb} until={formatClock(Date.parse(acting.data.ends_at), zone)} leave={leave} />;
  return (
    <form className="booth-form" onSubmit={submit} autoComplete="off" aria-labelledby="pad-title">
      <h2 id="pad-title">{t(verb === "check-in" ? "booth.checkIn" : "booth.end")}</h2>
      <label>
        <span>{t("booth.login")}</span>
        <input ref={name} name="kiosk-name" value={login} autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={100} onChange={(event) => setLogin(event.target.value)} />
      </label>
      <label>
        <span>{t("booth.pin")}</span>
        <input name="kiosk-number" type="password" inputMode="none" autoComplete="off" value={pin} maxLength={PIN_LENGTH}
          onChange={(event) => setPin(event.target.value.replace(/\D/g, ""))} />
      </label>
      {acting.error && (
        <p className="booth-refusal" role="alert" data-refusal={isProblem(acting.error) ? acting.error.code : "no_answer"}>
          {isProblem(acting.error) ? [textOf(acting.error)] : t("error.server")}
        </p>
      )}
      <div className="booth-pad" role="group" aria-label={t("booth.digits")}>
        {DIGITS.map((digit) => <button key={digit} type="button" onClick={() => press(digit)}>{digit}</button>)}
        <button type="button" aria-label={t("booth.erase")} onClick={() => setPin((before) => before.slice(0, -1))}>⌫</button>
        <button type="button" onClick={() => press("0")}>0</button>
        <button type="submit" className="go" disabled={!ready}>{t("booth.ok")}</button>
      </div>
      <button type="button" className="booth-button plain" onClick={leave}>{t("booth.cancel")}</button>
    </form>
  );
}
