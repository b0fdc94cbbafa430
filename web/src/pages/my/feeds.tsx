/** Calendar feeds: secret addresses that calendar programs read. */

import { Alert, Button, Form, Popconfirm, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { type Feed, feeds, type NewFeed, openFeed, revokeFeed } from "../../api/lease";
import { getPages } from "../../api/http";
import { pick, useLang } from "../../i18n";
import { formatDate } from "../../lib/time";
import { useActing } from "../../parts/acting";
import { LAB_ZONE, PageHead } from "../../parts/page";
import { Answer, Blank, Loading } from "../../parts/states";
import { usePerson } from "../../shell/access";
import { MyTabs } from "./tabs";

type Kind = Feed["kind"];
const KINDS: readonly Kind[] = ["person", "instrument", "institution"];
const STAFF = ["technician", "institution_manager"];

const everyInstrument = {
  queryKey: ["instruments", "every"],
  queryFn: ({ signal }: { signal: AbortSignal }) => getPages("/instruments", { limit: 50 }, 6, signal),
  staleTime: 5 * 60_000,
};

function Made({ one }: { one: NewFeed }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(one.url).then(() => setCopied(true));
  };
  return (
    <Alert type="success" showIcon title={t("follow.made")} data-feed-made
      description={
        <div className="stack" style={{ gap: 10 }}>
          <p>{t("follow.madeLead")}</p>
          <code className="secret" data-url>{one.url}</code>
          <div className="row">
            <Button type="primary" onClick={copy}>{copied ? t("follow.copied") : t("follow.copy")}</Button>
            <a href={one.url.replace(/^https?:/, "webcal:")}>{t("follow.open")}</a>
          </div>
        </div>
      } />
  );
}

function Make({ then }: { then: (made: NewFeed) => void }) {
  const { t } = useTranslation();
  const lang = useLang();
  const person = usePerson();
  const isStaff = !!person.data?.institution && person.data.roles.some((role) => STAFF.includes(role));
  const [kind, setKind] = useState<Kind>("person");
  const [instrument, setInstrument] = useState<string | null>(null);
  const listed = useQuery({ ...everyInstrument, enabled: kind === "instrument" });
  const own = listed.data?.items.filter((one) => one.institution.id === person.data?.institution?.id) ?? [];
  const making = useActing(openFeed, { touches: ["feeds"], then });
  return (
    <Form layout="vertical" requiredMark={false} onFinish={() => making.mutate({ kind, instrument_id: kind === "instrument" ? instrument : null })}
      style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(220px, max-content))", gap: "0 12px", alignItems: "end" }}>
      <Form.Item label={t("follow.kind")} htmlFor="feed-kind">
        <Select<Kind> id="feed-kind" value={kind} onChange={setKind} options={KINDS.filter((one) => one === "person" || isStaff).map((one) => ({ value: one, label: t(`follow.kinds.${one}`) }))} />
      </Form.Item>
      {kind === "instrument" && (
        <Form.Item label={t("follow.instrument")} htmlFor="feed-instrument">
          <Select id="feed-instrument" loading={listed.isLoading} showSearch={{ optionFilterProp: "label" }} value={instrument} onChange={setInstrument}
            options={own.map((one) => ({ value: one.id, label: pick(lang, one, "name") }))} />
        </Form.Item>
      )}
      <Form.Item><Button type="primary" htmlType="submit" loading={making.isPending} disabled={kind === "instrument" && !instrument}>{t("follow.make")}</Button></Form.Item>
    </Form>
  );
}

function Kept({ one }: { one: Feed }) {
  const { t } = useTranslation();
  const lang = useLang();
  const listed = useQuery({ ...everyInstrument, enabled: one.kind === "instrument" });
  const about = listed.data?.items.find((each) => each.id === one.subject_id);
  const revoking = useActing(revokeFeed, { touches: ["feeds"], said: t("follow.revoked") });
  return (
    <li className="spread" data-feed-kept={one.kind}>
      <div>
        <b>{t(`follow.kinds.${one.kind}`)}</b>{about && <span className="soft"> · {pick(lang, about, "name")}</span>}
        <div className="faint num">{t("follow.since", { at: formatDate(Date.parse(one.created_at), LAB_ZONE, lang) })}</div>
      </div>
      <Popconfirm title={t("follow.revokeAsk")} okText={t("follow.revoke")} okButtonProps={{ danger: true }} cancelText={t("my.keep")} onConfirm={() => revoking.mutate(one.id)}>
        <Button size="small" danger loading={revoking.isPending}>{t("follow.revoke")}</Button>
      </Popconfirm>
    </li>
  );
}

export function FeedsPage() {
  const { t } = useTranslation();
  const found = useQuery(feeds);
  const [made, setMade] = useState<NewFeed | null>(null);
  return (
    <>
      <PageHead title={t("follow.title")} lead={t("follow.lead")} />
      <MyTabs />
      <Answer query={found} loading={<div className="panel"><Loading rows={4} /></div>}>
        {(list) => (
          <div className="stack">
            <section className="panel" aria-labelledby="make-title">
              <header><h2 id="make-title">{t("follow.make")}</h2></header>
              <div className="panel-body stack"><Make then={setMade} />{made && <Made one={made} />}</div>
            </section>
            <section className="panel" aria-labelledby="list-title">
              <header><h2 id="list-title">{t("follow.list")}</h2></header>
              {list.items.length === 0 ? <Blank title={t("follow.none")} />
                : <ul className="panel-body stack">{list.items.map((one) => <Kept key={one.id} one={one} />)}</ul>}
            </section>
          </div>
        )}
      </Answer>
    </>
  );
}
