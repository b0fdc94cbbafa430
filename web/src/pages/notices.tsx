/** What one was told: newest first, filtered by the address, each leading to its thing. */

import { Button, Segmented, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";

import { type Notice, notices, readAllNotices, readNotice } from "../api/lease";
import { useLang } from "../i18n";
import { GROUPS, groupOf, placeOf } from "../lib/notices";
import { formatInstant } from "../lib/time";
import { useActing } from "../parts/acting";
import { ToneTag } from "../parts/marks";
import { LAB_ZONE, PageHead, ZoneNote } from "../parts/page";
import { Answer, Blank, Loading } from "../parts/states";
import "./my/my.css";

const TOUCHES = ["notices"];

function Told({ one }: { one: Notice }) {
  const { t } = useTranslation();
  const lang = useLang();
  const reading = useActing(readNotice, { touches: TOUCHES });
  const place = placeOf(one);
  const text = lang === "zh" ? one.text_zh : one.text_en;
  return (
    <li className="told" data-notice={one.kind} data-read={one.read_at !== null}>
      <div className="row tight">
        <ToneTag tone={one.read_at ? "idle" : "accent"}>{t(`notices.groups.${groupOf(one.kind)}`)}</ToneTag>
        <time className="faint num" dateTime={one.created_at}>{formatInstant(Date.parse(one.created_at), LAB_ZONE, lang)}</time>
        {!one.read_at && <span className="seen-by-readers">{t("notices.isNew")}</span>}
      </div>
      <p style={{ fontWeight: one.read_at ? 400 : 600 }}>{text}</p>
      <div className="row tight">
        {place && <Link to={place} onClick={() => !one.read_at && reading.mutate(one.id)}>{t("notices.open")} →</Link>}
        {!one.read_at && <Button type="link" size="small" loading={reading.isPending} onClick={() => reading.mutate(one.id)}>{t("notices.readOne")}</Button>}
      </div>
    </li>
  );
}

export function NoticesPage() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const unread = search.get("unread") === "1";
  const group = GROUPS.find((one) => one === search.get("kind")) ?? "";
  const found = useQuery(notices(unread));
  const reading = useActing(readAllNotices, { touches: TOUCHES, said: t("notices.readDone") });
  const put = (key: string, value: string): void =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (value) next.set(key, value);
      else next.delete(key);
      return next;
    }, { replace: true });
  return (
    <>
      <PageHead title={t("notices.title")} lead={t("notices.lead")}
        tools={
          <>
            <Segmented value={unread ? "1" : ""} onChange={(value) => put("unread", value)} aria-label={t("notices.title")}
              options={[{ value: "", label: t("notices.all") }, { value: "1", label: t("notices.unread") }]} />
            <Select value={group} onChange={(value) => put("kind", value)} aria-label={t("notices.kind")} style={{ minWidth: 150 }}
              options={[{ value: "", label: t("notices.allKinds") }, ...GROUPS.map((one) => ({ value: one, label: t(`notices.groups.${one}`) }))]} />
            <Button loading={reading.isPending} onClick={() => reading.mutate(undefined)}>{t("notices.readAll")}</Button>
          </>
        } />
      <section className="panel" aria-label={t("notices.title")}>
        <Answer query={found} loading={<Loading rows={8} />}>
          {(list) => {
            const shown = list.items.filter((one) => !group || groupOf(one.kind) === group);
            if (shown.length === 0) return <Blank title={unread ? t("notices.noneUnread") : t("notices.none")} lead={t("notices.noneLead")} />;
            return <ul className="panel-body told-list">{shown.map((one) => <Told key={one.id} one={one} />)}</ul>;
          }}
        </Answer>
      </section>
      <div style={{ marginTop: 12 }}><ZoneNote zone={LAB_ZONE} /></div>
    </>
  );
}
