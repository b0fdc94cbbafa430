/** One's rights over one's own data: what one agreed to, a copy, being forgotten. */

import { Button, Popconfirm } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { agree, type Consent, consents, ownCopy, takeBack } from "../../api/offices";
import { ApiProblem } from "../../api/http";
import { useLang } from "../../i18n";
import { saveFile } from "../../lib/save";
import { formatInstant } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { ToneTag } from "../../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Blank, Failure, Loading } from "../../parts/states";
import { usePerson } from "../../shell/access";
import { Erase } from "./erase";
import "../people/people.css";

const TOUCHES = ["privacy"];

function One({ one, stands }: { one: Consent; stands: boolean }) {
  const { t } = useTranslation();
  const lang = useLang();
  const purpose = one.purpose === "terms" ? "terms" : "identity_data";
  const withdrawing = useActing(takeBack, { touches: TOUCHES, said: t("privacy.withdrawnNow") });
  const giving = useActing(agree, { touches: TOUCHES, said: t("privacy.givenNow") });
  const at = (text: string): string => formatInstant(Date.parse(text), LAB_ZONE, lang);
  return (
    <li data-consent={purpose} data-stands={one.withdrawn_at === null}>
      <span className="row tight">
        <b style={{ fontWeight: 600 }}>{t(`privacy.purposes.${purpose}`)}</b>
        <ToneTag tone={one.withdrawn_at ? "offline" : "running"}>{t(one.withdrawn_at ? "privacy.gone" : "privacy.stands")}</ToneTag>
      </span>
      {one.withdrawn_at === null ? (
        <Popconfirm title={<span style={{ display: "block", maxWidth: 280 }}>{t(`privacy.withdrawAsk.${purpose}`)}</span>} okText={t("privacy.withdraw")} onConfirm={() => withdrawing.mutate(purpose)}>
          <Button size="small" loading={withdrawing.isPending} aria-label={`${t("privacy.withdraw")} ${t(`privacy.purposes.${purpose}`)}`}>{t("privacy.withdraw")}</Button>
        </Popconfirm>
      ) : !stands && (
        <Button size="small" loading={giving.isPending} aria-label={`${t("privacy.again")} ${t(`privacy.purposes.${purpose}`)}`} onClick={() => giving.mutate({ purpose, version: one.version })}>{t("privacy.again")}</Button>
      )}
      <span className="faint num wide">{t("privacy.version", { version: one.version })} · {t("privacy.given", { at: at(one.given_at) })}{one.withdrawn_at && ` · ${t("privacy.withdrawn", { at: at(one.withdrawn_at) })}`}</span>
    </li>
  );
}

function Consents() {
  const { t } = useTranslation();
  const found = useQuery(consents);
  return (
    <section className="panel">
      <header><h2>{t("privacy.consents")}</h2></header>
      <Answer query={found} loading={<Loading rows={3} />}>
        {(list) => list.items.length === 0 ? <Blank title={t("privacy.none")} lead={t("privacy.noneLead")} /> : (
          <ul className="panel-body papers">
            {[...list.items].reverse().map((one) => (
              <One key={one.purpose + one.given_at} one={one} stands={list.items.some((other) => other.purpose === one.purpose && (!other.withdrawn_at || other.given_at > one.given_at))} />
            ))}
          </ul>
        )}
      </Answer>
    </section>
  );
}

function Copy() {
  const { t } = useTranslation();
  const saving = useActing(ownCopy, {
    touches: [],
    then: (copy) => saveFile("yixiang-my-data.json", new Blob([JSON.stringify(copy, null, 2)], { type: "application/json" })),
  });
  return (
    <section className="panel">
      <header><h2>{t("privacy.copy")}</h2></header>
      <div className="panel-body stack">
        <p className="soft">{t("privacy.copyLead")}</p>
        <div><Button loading={saving.isPending} onClick={() => saving.mutate(undefined)}>{t("privacy.copyMake")}</Button></div>
      </div>
    </section>
  );
}

export function PrivacyPage() {
  const { t } = useTranslation();
  const person = usePerson();
  if (person.isLoading) return <div className="panel"><Loading /></div>;
  if (!person.data) return <div className="panel"><Failure error={person.error ?? new ApiProblem(401, { code: "not_signed_in" })} /></div>;
  return (
    <>
      <PageHead title={t("privacy.title")} lead={t("privacy.lead")} />
      <div className="stack">
        <Consents />
        <div className="cards"><Copy /><Erase /></div>
        <ZoneNote zone={LAB_ZONE} />
      </div>
    </>
  );
}
