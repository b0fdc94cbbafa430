/** The reviewer's queue: who asks to be admitted, by what is due first, decided on one page. */

import { App, Button, Drawer, Input, Table } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";

import { get, post, withQuery } from "../api/http";
import type { components } from "../api/schema";
import { useLang } from "../i18n";
import { formatInstant } from "../lib/time";
import { useActing } from "../parts/acting";
import { ToneTag } from "../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../parts/page";
import { ReasonButton } from "../parts/reason";
import { Answer, Blank, Loading } from "../parts/states";
import { Wide } from "../parts/wide";

type Queued = components["schemas"]["QueuedView"];
type Review = components["schemas"]["ReviewView"];
type Field = components["schemas"]["RevealRequest"]["field"];

const MASKED: Field[] = ["real_name", "identity_number", "phone", "email"];

function Masked({ id, field, text }: { id: string; field: Field; text: string }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<string | null>(null);
  const revealing = useActing(
    (reason: string) => post<components["schemas"]["RevealedView"]>(`/reviews/registrations/${id}/reveal`, { field, reason }),
    { touches: [], then: (made) => setShown(made.text) },
  );
  return (
    <>
      <dt>{t(`reviews.${field}`)}</dt>
      <dd className="row tight"><span className="num">{shown ?? text}</span>{!shown && text && <ReasonButton small label={t("reviews.reveal")} busy={revealing.isPending} send={(reason) => revealing.mutate(reason)} />}</dd>
    </>
  );
}

function Opened({ id, close }: { id: string; close: () => void }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [remark, setRemark] = useState("");
  const found = useQuery({ queryKey: ["reviews", id], queryFn: ({ signal }) => get<Review>(`/reviews/registrations/${encodeURIComponent(id)}`, {}, signal) });
  const deciding = useActing(
    (verb: "approve" | "send-back" | "reject") =>
      post<unknown>(`/reviews/registrations/${id}/${verb}`, verb === "approve" ? undefined : { remarks: [{ field: "", text: remark.trim() }] }),
    { touches: ["reviews", "due-dates"], then: close },
  );
  const decide = (verb: "approve" | "send-back" | "reject", said: string): void => deciding.mutate(verb, { onSuccess: () => void message.success(said) });
  const busy = (verb: string): boolean => deciding.isPending && deciding.variables === verb;
  return (
    <Answer query={found}>
      {(one) => (
        <div className="stack">
          <dl className="pair">
            <dt>{t("reviews.organisation")}</dt><dd>{one.organisation} <ToneTag tone="accent">{t(`reviews.kind.${one.kind}`)}</ToneTag></dd>
            {one.credit_code && <><dt>{t("reviews.creditCode")}</dt><dd className="mono">{one.credit_code}</dd></>}
            <dt>{t("reviews.login")}</dt><dd>{one.display_name}</dd>
            {MASKED.map((field) => <Masked key={field} id={id} field={field} text={one[field]} />)}
          </dl>
          <section className="box">
            <h3>{t("reviews.papers")}</h3>
            <ul>
              {one.papers.map((paper) => (
                <li key={paper.paper} className="spread"><span>{paper.paper.replaceAll("_", " ")}</span>
                  {paper.file_id ? <a href={withQuery(`/files/${paper.file_id}/content`)} download>{t("reviews.paperOpen")}</a> : <span className="faint">{t("reviews.paperLacks", { reason: paper.lacking_because ?? "—" })}</span>}</li>
              ))}
            </ul>
          </section>
          <Input.TextArea rows={3} maxLength={500} aria-label={t("reviews.remark")} placeholder={t("reviews.remark")} value={remark} onChange={(event) => setRemark(event.target.value)} />
          <div className="row">
            <Button type="primary" loading={busy("approve")} onClick={() => decide("approve", t("reviews.approved"))}>{t("reviews.approve")}</Button>
            <Button disabled={!remark.trim()} loading={busy("send-back")} onClick={() => decide("send-back", t("reviews.sentBack"))}>{t("reviews.sendBack")}</Button>
            <Button danger disabled={!remark.trim()} loading={busy("reject")} onClick={() => decide("reject", t("reviews.rejected"))}>{t("reviews.reject")}</Button>
          </div>
        </div>
      )}
    </Answer>
  );
}

export function ReviewsPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const [search, setSearch] = useSearchParams();
  const open = search.get("open");
  const found = useQuery({
    queryKey: ["reviews"],
    queryFn: ({ signal }) => get<{ items: Queued[] }>("/reviews/registrations", { state: "submitted" }, signal),
    refetchInterval: 60_000,
  });
  const at = (text: string | null): string => (text ? formatInstant(Date.parse(text), LAB_ZONE, lang) : "—");
  return (
    <>
      <PageHead title={t("reviews.title")} lead={t("reviews.lead")} />
      <Answer query={found} loading={<div className="panel"><Loading rows={6} /></div>}>
        {(queue) => queue.items.length === 0 ? <div className="panel"><Blank title={t("reviews.none")} /></div> : (
          <div className="stack">
            <div className="panel">
              <Wide label={t("reviews.title")} width={720}>
                <Table<Queued> size="small" rowKey="id" pagination={false} dataSource={[...queue.items].sort((a, b) => (a.due_at ?? "").localeCompare(b.due_at ?? ""))}
                  columns={[
                    { title: t("reviews.organisation"), key: "organisation", render: (_, one) => <span className="row tight">{one.organisation || one.applicant} <ToneTag tone="accent">{t(`reviews.kind.${one.kind}`)}</ToneTag></span> },
                    { title: t("reviews.applicant"), dataIndex: "applicant" },
                    { title: t("reviews.submitted"), key: "submitted", render: (_, one) => <span className="num">{at(one.submitted_at)}</span> },
                    { title: t("reviews.due"), key: "due", render: (_, one) => <span className="num row tight">{at(one.due_at)}{one.due_provisional && <ToneTag tone="attention">{t("board.provisional")}</ToneTag>}</span> },
                    { title: t("reviews.open"), key: "open", align: "right", render: (_, one) => <Button size="small" onClick={() => setSearch({ open: one.id })}>{t("reviews.open")}</Button> },
                  ]} />
              </Wide>
            </div>
            <ZoneNote zone={LAB_ZONE} />
          </div>
        )}
      </Answer>
      <Drawer open={open !== null} onClose={() => setSearch({})} title={t("reviews.title")} size={520} destroyOnHidden>
        {open && <Opened id={open} close={() => setSearch({})} />}
      </Drawer>
    </>
  );
}
