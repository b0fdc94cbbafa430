/** Who works for the platform and the stations, appointed by the operators. */

import { Button, Form, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { post, put } from "../../api/http";
import { type Officer, officers } from "../../api/offices";
import { type Role, stations } from "../../api/people";
import { useLang } from "../../i18n";
import { formatDate } from "../../lib/time";
import { LAB_ZONE } from "../../parts/page";
import { PeopleTable } from "../../parts/people-table";
import { type Account, accountOf, PersonForm } from "../../parts/person-form";
import { Answer, Blank, Loading } from "../../parts/states";

const OF_PLATFORM: readonly Role[] = ["reviewer", "operator", "platform_finance", "auditor"];
const OF_STATION: readonly Role[] = ["station_staff"];
const TOUCHES = ["officers", "me"];
const path = (id: string) => `/officers/${encodeURIComponent(id)}` as const;

interface Appointed extends Account {
  station_id: string;
}

function AppointForm({ done }: { done: () => void }) {
  const { t } = useTranslation();
  const known = useQuery(stations);
  const [station, setStation] = useState("");
  const appoint = async (given: Appointed): Promise<void> => {
    await post("/officers", { ...accountOf(given), station_id: given.station_id || null });
    done();
  };
  const roles = station ? OF_STATION : OF_PLATFORM;
  // Another place has other roles: the form begins anew with those.
  return (
    <PersonForm<Appointed> key={roles.join()} roles={roles} initial={{ station_id: station, roles: station ? [...OF_STATION] : ["reviewer"] }} send={appoint} touches={TOUCHES} said={t("staffing.added")} button={t("officers.add")}>
      <Form.Item name="station_id" label={t("officers.at")}>
        <Select onChange={setStation} options={[{ value: "", label: t("officers.platform") }, ...(known.data?.items ?? []).filter((one) => one.is_open).map((one) => ({ value: one.id, label: one.name }))]} />
      </Form.Item>
    </PersonForm>
  );
}

export function Officers() {
  const { t } = useTranslation();
  const lang = useLang();
  const [adding, setAdding] = useState(false);
  const found = useQuery(officers);
  return (
    <div className="stack">
      <section className="panel">
        <header><span className="soft" style={{ flex: "1 1 300px" }}>{t("officers.lead")}</span><Button type={adding ? "default" : "primary"} onClick={() => setAdding(!adding)} aria-expanded={adding}>{t("officers.add")}</Button></header>
        {adding && <div className="panel-body"><AppointForm done={() => setAdding(false)} /></div>}
      </section>
      <Answer query={found} loading={<div className="panel"><Loading rows={4} /></div>}>
        {(list) => list.items.length === 0 ? <div className="panel"><Blank title={t("officers.none")} /></div> : (
          <PeopleTable<Officer> items={list.items} roles={OF_PLATFORM} fixed={(one) => one.station !== null} label={t("officers.tab")} width={860} touches={TOUCHES}
            save={(id, roles) => put(`${path(id)}/roles`, { roles })} letIn={(id, password) => put(`${path(id)}/password`, { password })} seeOff={(id) => post(`${path(id)}/see-off`)}
            columns={[
              { title: t("officers.where"), key: "where", render: (_, one) => one.station ?? <span className="soft">{t("officers.platform")}</span> },
              { title: t("officers.since"), key: "since", render: (_, one) => <span className="num">{formatDate(Date.parse(one.created_at), LAB_ZONE, lang)}</span> },
            ]} />
        )}
      </Answer>
    </div>
  );
}
