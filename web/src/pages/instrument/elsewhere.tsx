/** Where the time is taken: other instruments of the kind that are free then, and the waitlist. */

import { Alert, Button, DatePicker, Form, Modal, Select } from "antd";
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { get, isProblem, newKey } from "../../api/http";
import { joinWaitlist } from "../../api/lease";
import type { Instrument } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { formatFenShort } from "../../lib/money";
import type { Span } from "../../lib/slots";
import { dayKey, formatLength, fromWallIso, MINUTE, toWallIso } from "../../lib/time";
import { useProblemText } from "../../parts/states";
import { actsForClients, reserves, usePerson } from "../../shell/access";
import { iso } from "./slot-fields";

const SHOWN = 4;

const freeThen = (category: string, span: Span) =>
  queryOptions({
    queryKey: ["free-then", category, span.from, span.to],
    queryFn: ({ signal }) =>
      get("/instrument-search", { category, free_from: iso(span.from), free_to: iso(span.to), limit: SHOWN + 1 }, signal),
    retry: false,
  });

function Others({ instrument, chosen }: { instrument: Instrument; chosen: Span }) {
  const { t } = useTranslation();
  const lang = useLang();
  const found = useQuery(freeThen(instrument.category, chosen));
  const others = found.data?.items.filter((one) => one.id !== instrument.id).slice(0, SHOWN) ?? [];
  if (others.length === 0) return null;
  const place = `?from=${encodeURIComponent(iso(chosen.from))}&to=${encodeURIComponent(iso(chosen.to))}&day=${dayKey(chosen.from, instrument.time_zone)}`;
  return (
    <section className="elsewhere" data-others>
      <h3>{t("form.others")}</h3>
      <ul className="stack" style={{ gap: 4 }}>
        {others.map((one) => (
          <li key={one.id} className="spread">
            <Link to={`/instruments/${one.id}${place}`}>{pick(lang, one, "name")}</Link>
            {one.price && <span className="faint num">{formatFenShort(one.price.per_hour_fen, one.price.currency)}{t("common.perHour")}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A wall time of the lab's in a field that knows no zones. */
const asField = (at: number, zone: string): Dayjs => dayjs(toWallIso(at, zone));
const fromField = (value: Dayjs, zone: string): number => fromWallIso(value.format("YYYY-MM-DDTHH:mm:ss"), zone);

export function JoinButton({ instrument, chosen, holder }: { instrument: Instrument; chosen: Span; holder: string | null }) {
  const { t } = useTranslation();
  const lang = useLang();
  const textOf = useProblemText();
  const zone = instrument.time_zone;
  const [open, setOpen] = useState(false);
  const [within, setWithin] = useState<Span>(chosen);
  const [minutes, setMinutes] = useState((chosen.to - chosen.from) / MINUTE);
  const joining = useMutation({
    mutationFn: () => joinWaitlist({ instrument_id: instrument.id, starts_at: iso(within.from), ends_at: iso(within.to), length_minutes: minutes, holder_id: holder }, newKey()),
  });
  const { grid_minutes: grid, length_min_minutes: least, length_max_minutes: most } = instrument.policy;
  const lengths = Array.from({ length: Math.min(48, Math.floor((most - least) / grid) + 1) }, (_, n) => least + n * grid);
  const tooSmall = within.to - within.from < minutes * MINUTE;
  return (
    <>
      <Button onClick={() => { joining.reset(); setWithin(chosen); setMinutes((chosen.to - chosen.from) / MINUTE); setOpen(true); }} data-join>{t("waits.join")}</Button>
      <Modal open={open} title={t("waits.join")} okText={t("waits.join")} cancelText={t("common.close")} destroyOnHidden onCancel={() => setOpen(false)}
        confirmLoading={joining.isPending} okButtonProps={{ disabled: tooSmall || joining.isSuccess }} onOk={() => joining.mutate()}>
        <Form layout="vertical" requiredMark={false}>
          <p className="soft" style={{ marginBottom: 12 }}>{t("waits.joinLead")}</p>
          <Form.Item label={t("waits.from")} htmlFor="wait-from">
            <DatePicker id="wait-from" showTime={{ format: "HH:mm", minuteStep: 15 }} format="YYYY-MM-DD HH:mm" allowClear={false} style={{ width: "100%" }}
              value={asField(within.from, zone)} onChange={(value) => value && setWithin((before) => ({ ...before, from: fromField(value, zone) }))} />
          </Form.Item>
          <Form.Item label={t("waits.to")} htmlFor="wait-to">
            <DatePicker id="wait-to" showTime={{ format: "HH:mm", minuteStep: 15 }} format="YYYY-MM-DD HH:mm" allowClear={false} style={{ width: "100%" }}
              value={asField(within.to, zone)} onChange={(value) => value && setWithin((before) => ({ ...before, to: fromField(value, zone) }))} />
          </Form.Item>
          <Form.Item label={t("waits.need")} htmlFor="wait-length">
            <Select id="wait-length" className="num" value={minutes} onChange={setMinutes} options={[...new Set([...lengths, minutes])].sort((a, b) => a - b).map((one) => ({ value: one, label: formatLength(one * MINUTE, lang) }))} />
          </Form.Item>
          {tooSmall && <Alert type="warning" showIcon title={t("waits.tooSmall")} />}
          {joining.error && <Alert type="error" showIcon role="alert" title={isProblem(joining.error) ? textOf(joining.error) : t("error.server")} />}
          {joining.isSuccess && <Alert type="success" showIcon title={t("waits.joined")} action={<Link to="/my/waitlist">{t("waits.toList")}</Link>} data-joined />}
        </Form>
      </Modal>
    </>
  );
}

/** `holder`: whom it is for, where that is not oneself; a station always names one. */
export function Elsewhere({ instrument, chosen, holder }: { instrument: Instrument; chosen: Span; holder: string | null }) {
  const person = usePerson();
  return (
    <>
      <Others instrument={instrument} chosen={chosen} />
      {reserves(person.data) && (holder || !actsForClients(person.data)) && <div style={{ marginTop: 12 }}><JoinButton key={chosen.from} instrument={instrument} chosen={chosen} holder={holder} /></div>}
    </>
  );
}
