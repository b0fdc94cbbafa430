/** A draft, or a hold before it is confirmed, asks for something else: its time, how, and its answers. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { instrument } from "../../api/calls";
import { post } from "../../api/http";
import { reservationAt, terms } from "../../api/lease";
import type { Reservation } from "../../api/types";
import { given, leftOpen, readAsked } from "../../lib/questions";
import type { Span } from "../../lib/slots";
import { useActing } from "../../parts/acting";
import { Answer, Loading } from "../../parts/states";
import { Accept, Words, type Wishes } from "../instrument/ask";
import { iso } from "../instrument/slot-fields";
import { Opens, ownOf, TimePicker, TOUCHES } from "./dialogs";

type Told = Omit<Wishes, "holder_id">;

const toldOf = (one: Reservation): Told => ({
  purpose: one.purpose, answers: one.answers,
  mode: one.mode === "assisted" ? "assisted" : "self_operated",
  presence: one.presence ?? "present",
});

export function RewriteButton({ one }: { one: Reservation }) {
  const { t } = useTranslation();
  const [chosen, choose] = useState<Span | null>(null);
  const [told, setTold] = useState<Told>(() => toldOf(one));
  const about = useQuery(instrument(one.instrument.id));
  const asked = readAsked(useQuery(terms(one.instrument.id)).data?.terms);
  const span = chosen ?? ownOf(one);
  const rewriting = useActing(
    () => post(`${reservationAt(one.id)}/rewrite`, {
      starts_at: iso(span.from), ends_at: iso(span.to), purpose: told.purpose.trim(), answers: given(told.answers), mode: told.mode,
      ...(told.mode === "assisted" ? { presence: told.presence } : {}),
    }),
    { touches: TOUCHES, said: t("lease.done") },
  );
  const set = (change: Partial<Told>): void => setTold((before) => ({ ...before, ...change }));
  return (
    <Opens word={t("lease.act.rewrite")} title={t("lease.act.rewrite")} busy={rewriting.isPending} ready={leftOpen(asked, told.answers).length === 0}
      submit={(close) => rewriting.mutate(undefined, { onSuccess: () => { choose(null); close(); } })}>
      <Answer query={about} loading={<Loading rows={3} />}>
        {(found) => (
          <>
            <Words instrument={found} asked={asked} wishes={told} set={set} />
            <Accept instrument={found} problems={found.limited_to_zh || found.limited_to_en ? [{ code: "limits_not_accepted" }] : []} answers={told.answers} set={(answers) => set({ answers })} />
          </>
        )}
      </Answer>
      <TimePicker one={one} chosen={chosen} choose={choose} />
    </Opens>
  );
}
