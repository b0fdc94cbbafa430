/** One instrument's card, with all that belongs to it, to be kept by the manager. */

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";

import { pick, useLang } from "../../../i18n";
import { PageHead } from "../../../parts/page";
import { Answer, Blank, Loading } from "../../../parts/states";
import { usePerson } from "../../../shell/access";
import { useOwnInstruments } from "../own";
import { LabTabs } from "../tabs";
import { type Card, card } from "./asked";
import { Devices, Photos, Related } from "./beside";
import { CardFields } from "./fields";
import "./cards.css";

function Shown({ one }: { one: Card }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <>
      <PageHead title={pick(lang, one, "name")} lead={<><span className="mono">{one.code}</span> · <Link to={`/instruments/${one.id}`}>{t("cards.asOthers")}</Link></>} />
      <div className="card-editor">
        <CardFields key={one.id} one={one} />
        <div className="stack">
          <Photos one={one} />
          <Devices one={one} />
          <Related one={one} />
        </div>
      </div>
    </>
  );
}

export function CardPage() {
  const { t } = useTranslation();
  const { id = "" } = useParams();
  const person = usePerson();
  const own = useOwnInstruments();
  const found = useQuery(card(id));
  const isOwn = !!person.data?.roles.includes("institution_manager") && (own.data?.some((one) => one.id === id) ?? true);
  return (
    <>
      <LabTabs />
      <p style={{ marginBottom: 8 }}><Link to="/lab/instruments">‹ {t("cards.title")}</Link></p>
      {person.isSuccess && !isOwn ? <div className="panel"><Blank kind="lock" title={t("error.forbidden")} lead={t("error.forbiddenLead")} /></div>
        : <Answer query={found} loading={<div className="panel"><Loading rows={12} /></div>}>{(one) => <Shown one={one} />}</Answer>}
    </>
  );
}
