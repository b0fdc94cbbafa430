/** What a station was entrusted with, by whom and until when; and the way to act on it. */

import { Button } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { type Entrustment, entrustments } from "../../api/people";
import { useLang } from "../../i18n";
import { formatDate } from "../../lib/time";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Blank, Loading } from "../../parts/states";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";
import { Holds } from "../enterprise/holds";
import "../people/people.css";

export function StationPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const found = useQuery(entrustments);
  return (
    <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>
      {(list) => (
        <>
          <PageHead title={list.items[0]?.station ?? t("agency.title")} lead={t("agency.lead")}
            tools={<><Link to="/my"><Button tabIndex={-1}>{t("agency.mine")}</Button></Link><Link to="/"><Button type="primary" tabIndex={-1}>{t("agency.reserve")}</Button></Link></>} />
          <div className="stack">
            <div className="panel">
              {list.items.length === 0 ? <Blank title={t("agency.none")} lead={t("agency.noneLead")} /> : (
                <Wide label={t("agency.title")} width={720}>
                  <Table<Entrustment> size="small" rowKey="id" pagination={list.items.length > 50 ? { pageSize: 50 } : false} dataSource={list.items}
                    columns={[
                      { title: t("agency.client"), dataIndex: "enterprise" },
                      { title: t("agency.may"), key: "scope", render: (_, one) => one.scope.map((scope) => t(`enterprise.scopes.${scope}`)).join("、") },
                      { title: t("enterprise.period"), key: "period", render: (_, one) => <span className="row tight"><span className="num">{one.valid_from} – {one.valid_to}</span><Holds one={one} /></span> },
                      { title: t("agency.given"), key: "given", render: (_, one) => <span className="num faint">{formatDate(Date.parse(one.given_at), LAB_ZONE, lang)}</span> },
                    ]} />
                </Wide>
              )}
            </div>
            <ZoneNote zone={LAB_ZONE} />
          </div>
        </>
      )}
    </Answer>
  );
}
