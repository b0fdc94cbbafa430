/** The wall of devices: what needs a hand first, live. */

import { Button, Input, Segmented } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";

import { devices } from "../../api/calls";
import type { Device } from "../../api/types";
import { asLiveState, byNeed, LIVE_STATES, type LiveState } from "../../lib/live";
import { MINUTE } from "../../lib/time";
import { useFeed, useFeedStatus } from "../../live/feed";
import { record } from "../../live/history";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Blank, Loading } from "../../parts/states";
import { DeviceTile } from "./tile";

const HISTORY_MINUTES = 15;

export function Pulse() {
  const { t } = useTranslation();
  const status = useFeedStatus();
  return <span className={`pulse ${status}`} role="status" data-feed={status}><i aria-hidden="true" />{t(`live.${status}`)}</span>;
}

function matches(device: Device, words: string): boolean {
  const text = [
    device.name, device.model, device.instrument?.name_zh, device.instrument?.name_en, device.instrument?.code,
    device.reservation?.enterprise, device.reservation?.holder,
  ].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

export function DevicesPage() {
  const { t } = useTranslation();
  const [search, setSearch] = useSearchParams();
  const [since] = useState(() => new Date(Date.now() - HISTORY_MINUTES * MINUTE).toISOString());
  useFeed();
  const found = useQuery(devices);
  const known = found.data;
  useEffect(() => {
    known?.items.forEach(record);
  }, [known]);
  const state = LIVE_STATES.find((one) => one === search.get("state"));
  const q = search.get("q") ?? "";
  const put = (key: string, value: string): void =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (value) next.set(key, value);
      else next.delete(key);
      return next;
    }, { replace: true });
  return (
    <>
      <PageHead title={t("devices.title")} lead={t("devices.lead")} tools={<><Link to="/quarantine">{t("quarantine.open")}</Link><Pulse /></>} />
      <Answer query={found} loading={<div className="panel"><Loading rows={10} /></div>}>
        {(page) => {
          const counts = new Map<LiveState, number>();
          for (const one of page.items) counts.set(asLiveState(one.state), (counts.get(asLiveState(one.state)) ?? 0) + 1);
          const shown = page.items.filter((one) => (!state || asLiveState(one.state) === state) && matches(one, q)).sort(byNeed);
          if (page.items.length === 0) return <div className="panel"><Blank title={t("devices.empty")} lead={t("devices.emptyLead")} /></div>;
          return (
            <div className="stack">
              <div className="row">
                <div className="scroll">
                  <Segmented<string> value={state ?? ""} onChange={(next) => put("state", next)} aria-label={t("devices.filter")}
                    options={[{ value: "", label: `${t("common.all")} ${page.items.length}` }, ...LIVE_STATES.map((one) => ({ value: one, label: `${t(`state.${one}`)} ${counts.get(one) ?? 0}` }))]} />
                </div>
                <Input allowClear style={{ width: 260 }} value={q} placeholder={t("devices.search")} aria-label={t("devices.search")} onChange={(event) => put("q", event.target.value)} />
              </div>
              {shown.length === 0 ? (
                <div className="panel"><Blank title={t("devices.none")} lead={t("devices.noneLead")} action={<Button onClick={() => setSearch({})}>{t("catalogue.clear")}</Button>} /></div>
              ) : (
                <div className="wall">{shown.map((one) => <DeviceTile key={one.id} device={one} since={since} />)}</div>
              )}
              <ZoneNote zone={LAB_ZONE} />
            </div>
          );
        }}
      </Answer>
    </>
  );
}
