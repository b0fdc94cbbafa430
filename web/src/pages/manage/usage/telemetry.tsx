/** What the device told around a use, over the same axis as its reservation, its phases and its runs. */

import { Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { device, series, states } from "../../../api/calls";
import { useLang } from "../../../i18n";
import { spanAround } from "../../../lib/uses";
import { Answer, Loading } from "../../../parts/states";
import { SeriesChart } from "../../device/chart";
import { metricName } from "../../device/metrics";
import type { Opened } from "./asked";

const POINTS = 500;
const NOT_DRAWN = ["phase", "interlock", "fault_code", "boot_counter"];

export function Telemetry({ one, name }: { one: Opened; name: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [chosen, choose] = useState("power_w");
  const known = useQuery({ ...device(name), refetchInterval: false });
  const { from, to } = spanAround(one);
  const [since, until] = [new Date(from).toISOString(), new Date(to).toISOString()];
  const metrics = (known.data?.last ?? []).filter((each) => !NOT_DRAWN.includes(each.key));
  const metric = metrics.find((each) => each.key === chosen)?.key ?? metrics[0]?.key ?? chosen;
  const told = useQuery({ ...series(name, metric, since, until, POINTS), enabled: known.isSuccess });
  const phases = useQuery(states(name, since, until));
  const { reservation } = one;
  const booked = reservation ? [{ from: Date.parse(reservation.starts_at), to: Date.parse(reservation.ends_at) }] : [];
  return (
    <section aria-label={t("usageDesk.telemetry")}>
      <div className="spread" style={{ flexWrap: "wrap" }}>
        <h3>{t("usageDesk.telemetry")}</h3>
        <span className="row tight">
          <Select size="small" style={{ width: 150 }} value={metric} aria-label={t("device.metric")} onChange={choose} options={metrics.map((each) => ({ value: each.key, label: metricName(each, lang) }))} />
          <Link to={`/devices/${name}`} className="mono">{name}</Link>
        </span>
      </div>
      <Answer query={told} loading={<Loading rows={5} />}>
        {(data) => (
          <>
            <SeriesChart series={data.metric === metric ? data : { ...data, points: [] }} live={[]} runs={one.runs} states={phases.data?.items ?? []} booked={booked}
              from={from} to={to} zone={one.instrument.time_zone} lang={lang} label={`${name} ${t("usageDesk.telemetry")}`} />
            {data.points.length === 0 && <p className="faint">{t("usageDesk.noPoints")}</p>}
          </>
        )}
      </Answer>
    </section>
  );
}
