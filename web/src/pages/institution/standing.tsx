/** How an institution stands: its state, what is missing, its checks and certificates. */

import { Alert, Popconfirm, Button, Tooltip } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Institution, Qualification } from "../../api/people";
import { pick, useLang } from "../../i18n";
import { dayKey, formatInstant } from "../../lib/time";
import { FileLink } from "../../parts/files";
import { type Tone, ToneTag } from "../../parts/marks";
import { useMinute } from "../../parts/now";
import { LAB_ZONE } from "../../parts/page";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";

export const STATE_TONES: Record<Institution["state"], Tone> = { applying: "attention", active: "running", suspended: "fault", exited: "offline" };
const CHECKS = ["qualification", "reputation", "capability"] as const;
const SOON_DAYS = 90;
const DAY_MS = 86_400_000;

const asDays = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);

export function InstitutionState({ one }: { one: Institution }) {
  const { t } = useTranslation();
  return <ToneTag tone={STATE_TONES[one.state]}>{t(`institution.state.${one.state}`)}</ToneTag>;
}

/** Green while it holds, yellow near its end, red once it does not. */
export function Validity({ one }: { one: Qualification }) {
  const { t } = useTranslation();
  const today = dayKey(useMinute(), LAB_ZONE);
  const left = asDays(today, one.valid_to);
  if (one.revoked_at) return <ToneTag tone="fault">{t("institution.revoked")}</ToneTag>;
  if (left < 0) return <ToneTag tone="fault">{t("institution.expired")}</ToneTag>;
  if (one.valid_from > today) return <ToneTag tone="idle">{t("institution.notYet")}</ToneTag>;
  if (left <= SOON_DAYS) return <ToneTag tone="attention">{t("institution.expires", { days: left })}</ToneTag>;
  return <ToneTag tone="running">{t("institution.holds")}</ToneTag>;
}

export function Obstacles({ one }: { one: Institution }) {
  const { t } = useTranslation();
  const lang = useLang();
  if (one.obstacles.length === 0) return one.state === "active" ? null : <Alert type="success" showIcon title={t("institution.clear")} />;
  return (
    <Alert type="warning" showIcon title={t(one.state === "active" ? "institution.gaps" : "institution.obstacles")}
      description={<><p>{t(one.state === "active" ? "institution.gapsLead" : "institution.obstaclesLead")}</p><ul className="remarks" style={{ marginTop: 6 }}>{one.obstacles.map((problem) => <li key={problem.code + (problem.field ?? "")}>{pick(lang, problem, "detail")}</li>)}</ul></>} />
  );
}

export function Checks({ one }: { one: Institution }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <ul className="checks">
      {CHECKS.map((check) => {
        const newest = one.checks.filter((done) => done.check === check).at(-1);
        return (
          <li key={check} className="spread" data-check={check}>
            <span>{t(`institution.check.${check}`)}{newest?.note && <span className="faint"> · {newest.note}</span>}</span>
            <span className="row tight">
              {newest && <span className="faint num">{formatInstant(Date.parse(newest.at), LAB_ZONE, lang)}</span>}
              <ToneTag tone={!newest ? "idle" : newest.passed ? "running" : "fault"}>{t(!newest ? "institution.checkNone" : newest.passed ? "institution.checkPassed" : "institution.checkFailed")}</ToneTag>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

export function Qualifications({ one, revoke }: { one: Institution; revoke?: { busy: boolean; send: (id: string) => void } }) {
  const { t } = useTranslation();
  const width = revoke ? 760 : 660;
  return (
    <>
      <Wide label={t("institution.qualifications")} width={width}>
        <Table<Qualification> size="small" rowKey="id" pagination={false} dataSource={one.qualifications} locale={{ emptyText: t("institution.qualificationNone") }}
          columns={[
            { title: t("institution.kindLabel"), key: "kind", render: (_, row) => t(`institution.kind.${row.kind}`) },
            { title: t("institution.number"), key: "number", render: (_, row) => <span className="mono">{row.number}</span> },
            { title: t("institution.validity"), key: "validity", render: (_, row) => <span className="row tight"><span className="num">{row.valid_from} – {row.valid_to}</span><Validity one={row} /></span> },
            { title: t("institution.scope"), key: "scope", render: (_, row): ReactNode => row.scope.length === 0 ? "—" : (
              <Tooltip title={<ul>{row.scope.slice(0, 20).map((entry, at) => <li key={at}>{Object.values(entry).join(" · ")}</li>)}</ul>}><span tabIndex={0}>{t("institution.scopeCount", { count: row.scope.length })}</span></Tooltip>) },
            { title: t("institution.file"), key: "file", render: (_, row) => (row.file_id ? <FileLink id={row.file_id} /> : <span className="faint">—</span>) },
            ...(revoke ? [{
              title: <span className="seen-by-readers">{t("platform.revoke")}</span>, key: "do", align: "right" as const,
              render: (_: unknown, row: Qualification) => !row.revoked_at && (
                <Popconfirm title={t("platform.revokeAsk", { number: row.number })} okText={t("platform.revoke")} okButtonProps={{ danger: true }} onConfirm={() => revoke.send(row.id)}>
                  <Button size="small" danger loading={revoke.busy}>{t("platform.revoke")}</Button>
                </Popconfirm>
              ),
            }] : []),
          ]} />
      </Wide>
      <p className="faint" style={{ padding: "8px 16px 12px" }}>{t("institution.why")}</p>
    </>
  );
}
