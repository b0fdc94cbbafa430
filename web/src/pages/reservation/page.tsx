/** One reservation: where it stands and why, what can be done, who did what when, what it costs. */

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";

import { reservation } from "../../api/calls";
import { details, type Details } from "../../api/lease";
import type { Reservation } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { formatSpan } from "../../lib/time";
import { useFeed } from "../../live/feed";
import { useMinute } from "../../parts/now";
import { PageHead, zoneOf, ZoneNote } from "../../parts/page";
import { Answer, Loading } from "../../parts/states";
import { reserves, seesLab, usePerson } from "../../shell/access";
import { Acts } from "./acts";
import { Facts, Money, Questions, Together } from "./facts";
import { History } from "./history";
import "./reservation.css";
import { Standing } from "./standing";
import { Use } from "./use";

function Shown({ one, more }: { one: Reservation; more: Details }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  const person = usePerson();
  const zone = zoneOf(one.instrument);
  const back = reserves(person.data) ? "/my" : seesLab(person.data) ? "/lab" : null;
  return (
    <div data-reservation={one.id} data-state={one.state}>
      <PageHead title={pick(lang, one.instrument, "name")}
        lead={<span className="row tight num">{formatSpan(Date.parse(one.starts_at), Date.parse(one.ends_at), zone, lang)}{back && <Link to={back}>{t("lease.back")}</Link>}</span>}
        tools={<Acts one={one} />} />
      <div className="split">
        <div className="stack">
          <Standing one={one} more={more} />
          <Use one={one} more={more} now={now} />
          <History entries={more.history} zone={zone} />
          <ZoneNote zone={zone} />
        </div>
        <div className="stack">
          <Money one={one} more={more} />
          <Facts one={one} more={more} />
          <Questions items={more.questions} />
          <Together one={one} items={more.series} />
        </div>
      </div>
    </div>
  );
}

export function ReservationPage() {
  const { id = "" } = useParams();
  useFeed();
  const found = useQuery({ ...reservation(id), refetchInterval: 15_000 });
  const more = useQuery({ ...details(id), refetchInterval: 15_000 });
  const loading = <div className="panel"><Loading rows={10} /></div>;
  return (
    <Answer query={found} loading={loading}>
      {(one) => <Answer query={more} loading={loading}>{(rest) => <Shown one={one} more={rest} />}</Answer>}
    </Answer>
  );
}
