/** Changes of name that enterprises reported, to be accepted or turned down. */

import { Popconfirm, Button, Tooltip } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { post } from "../../api/http";
import { type NameChange, nameChanges } from "../../api/people";
import { useLang } from "../../i18n";
import { formatInstant } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { Clock } from "../../parts/clock";
import { useFilters } from "../../parts/filters";
import { type Tone, ToneTag } from "../../parts/marks";
import { LAB_ZONE } from "../../parts/page";
import { ReasonButton } from "../../parts/reason";
import { Answer, Blank, Loading } from "../../parts/states";
import { Picture } from "./picture";
import "../people/people.css";

export const NAME_TONES: Record<string, Tone> = { submitted: "accent", approved: "running", rejected: "fault" };

export function NameState({ state }: { state: string }) {
  const { t } = useTranslation();
  const known = state === "approved" || state === "rejected" ? state : "submitted";
  return <ToneTag tone={NAME_TONES[known] ?? "idle"}>{t(`desk.names.state.${known}`)}</ToneTag>;
}

export function Late() {
  const { t } = useTranslation();
  return <Tooltip title={t("desk.names.lateWhy")}><span tabIndex={0}><ToneTag tone="attention">{t("desk.names.late")}</ToneTag></span></Tooltip>;
}

function Change({ one, chosen }: { one: NameChange; chosen: boolean }) {
  const { t } = useTranslation();
  const lang = useLang();
  const touches = ["reviews", "due-dates"];
  const deciding = useActing((given: { approved: boolean; remark: string }) => post(`/reviews/name-changes/${one.id}/decide`, given), { touches });
  return (
    <section className="panel" data-change={one.id} style={chosen ? { borderColor: "var(--brand)" } : undefined}>
      <header>
        <h2>{one.former_name} → {one.new_name}</h2>
        <span className="row tight">{one.is_late && <Late />}<NameState state={one.state} /></span>
      </header>
      <div className="panel-body stack">
        <dl className="pair">
          <dt>{t("desk.names.changedOn")}</dt><dd className="num">{one.changed_on}</dd>
          <dt>{t("desk.names.submitted")}</dt><dd className="num">{formatInstant(Date.parse(one.submitted_at), LAB_ZONE, lang)}</dd>
          {one.state === "submitted" && one.due_at && <><dt>{t("reviews.due")}</dt><dd><Clock dueAt={one.due_at} provisional={one.due_provisional} why={t("registrations.dueWhy")} /></dd></>}
          <dt>{t("desk.names.licence")}</dt><dd><Picture id={one.licence_file_id} label={t("desk.names.licence")} /></dd>
          {one.other_file_id && <><dt>{t("desk.names.other")}</dt><dd><Picture id={one.other_file_id} label={t("desk.names.other")} /></dd></>}
          {one.remark && <><dt>{t("reviews.remark")}</dt><dd>{one.remark}</dd></>}
        </dl>
        {one.state === "submitted" && (
          <div className="row">
            <Popconfirm title={`${one.former_name} → ${one.new_name}`} okText={t("desk.names.accept")} onConfirm={() => deciding.mutate({ approved: true, remark: "" })}>
              <Button type="primary" loading={deciding.isPending}>{t("desk.names.accept")}</Button>
            </Popconfirm>
            <ReasonButton danger label={t("desk.names.turnDown")} busy={deciding.isPending} send={(remark) => deciding.mutate({ approved: false, remark })} />
          </div>
        )}
      </div>
    </section>
  );
}

export function NameChanges() {
  const { t } = useTranslation();
  const [filters] = useFilters();
  const found = useQuery(nameChanges);
  return (
    <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>
      {(list) => list.items.length === 0 ? <div className="panel"><Blank title={t("desk.names.none")} /></div> : (
        <div className="cards">
          {[...list.items].sort((a, b) => Number(a.state !== "submitted") - Number(b.state !== "submitted")).map((one) => <Change key={one.id} one={one} chosen={filters.get("open") === one.id} />)}
        </div>
      )}
    </Answer>
  );
}
