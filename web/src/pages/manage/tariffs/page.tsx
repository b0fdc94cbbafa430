/** 收费标准: versions on a time line; a new price is tried and counted back before it is announced. */

import { Alert, Button, Form, InputNumber, Popconfirm, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useLang } from "../../../i18n";
import { formatFen } from "../../../lib/money";
import { dayFromKey, addDays, dayKey, formatInstant } from "../../../lib/time";
import { useActing } from "../../../parts/acting";
import { useFilters } from "../../../parts/filters";
import { useMinute } from "../../../parts/now";
import { LAB_ZONE, PageHead, ZoneNote } from "../../../parts/page";
import { Problems } from "../../../parts/refusal";
import { Answer, Blank, Failure, Loading } from "../../../parts/states";
import { WallPicker } from "../../../parts/wall-picker";
import { useInstrumentOptions, useOwnInstruments } from "../own";
import { LabTabs } from "../tabs";
import { announce, type Price, type Version, versions } from "./asked";
import { Timeline } from "./timeline";
import { Rehearsal, Trial } from "./trials";
import "./tariffs.css";

const NEW: Price = { per_hour_fen: 0, billed_min_s: 0, billed_step_s: 60, minimum_fen: 0 };

function priceOf(one: Version | undefined): Price {
  if (!one) return NEW;
  const { per_hour_fen, billed_min_s, billed_step_s, minimum_fen } = one;
  return { per_hour_fen, billed_min_s, billed_step_s, minimum_fen };
}

function Amount({ label, extra, fen, put }: { label: string; extra?: string; fen: number; put: (fen: number) => void }) {
  return (
    <Form.Item label={label} extra={extra}>
      <InputNumber<number> aria-label={label} min={0} max={1_000_000} precision={2} prefix="¥" value={fen / 100} onChange={(yuan) => yuan !== null && put(Math.round(yuan * 100))} style={{ width: "100%" }} />
    </Form.Item>
  );
}

function Minutes({ label, extra, least, seconds, put }: { label: string; extra?: string; least: number; seconds: number; put: (seconds: number) => void }) {
  const { t } = useTranslation();
  return (
    <Form.Item label={label} extra={extra}>
      <InputNumber<number> aria-label={label} min={least} max={7 * 24 * 60} precision={0} suffix={t("tariffs.minutes")} value={Math.round(seconds / 60)} onChange={(minutes) => minutes !== null && put(minutes * 60)} style={{ width: "100%" }} />
    </Form.Item>
  );
}

function Draft({ instrument, price, put, zone, now }: { instrument: string; price: Price; put: (price: Price) => void; zone: string; now: number }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [from, setFrom] = useState(() => dayFromKey(addDays(dayKey(now, zone), 1), zone));
  const telling = useActing(() => announce(instrument, price, new Date(from).toISOString()), { touches: ["tariffs", "instrument", "quote"], said: t("tariffs.announced") });
  return (
    <section className="panel" aria-label={t("tariffs.draft")} data-draft>
      <header><h2>{t("tariffs.draft")}</h2></header>
      <Form layout="vertical" className="panel-body price-form" requiredMark={false}>
        <Amount label={t("tariffs.perHour")} fen={price.per_hour_fen} put={(per_hour_fen) => put({ ...price, per_hour_fen })} />
        <Minutes label={t("tariffs.least")} extra={t("tariffs.leastWhy")} least={0} seconds={price.billed_min_s} put={(billed_min_s) => put({ ...price, billed_min_s })} />
        <Minutes label={t("tariffs.step")} extra={t("tariffs.stepWhy")} least={1} seconds={price.billed_step_s} put={(billed_step_s) => put({ ...price, billed_step_s })} />
        <Amount label={t("tariffs.floor")} extra={t("tariffs.floorWhy")} fen={price.minimum_fen} put={(minimum_fen) => put({ ...price, minimum_fen })} />
        <Form.Item label={t("tariffs.startsAt")} extra={t("tariffs.startsWhy")}>
          <WallPicker zone={zone} label={t("tariffs.startsAt")} value={from} onChange={(at) => at && setFrom(at)} />
        </Form.Item>
        {telling.isError && <Alert type="error" showIcon title={<Problems error={telling.error} />} style={{ marginBottom: 16 }} />}
        <Popconfirm title={t("tariffs.sure", { price: formatFen(price.per_hour_fen), at: formatInstant(from, zone, lang) })} okText={t("tariffs.announce")} cancelText={t("manage.cancel")} onConfirm={() => telling.mutate(undefined)}>
          <Button type="primary" block loading={telling.isPending}>{t("tariffs.announce")}</Button>
        </Popconfirm>
      </Form>
    </section>
  );
}

function Shown({ instrument, all, zone }: { instrument: string; all: Version[]; zone: string }) {
  const now = useMinute();
  const [price, put] = useState(() => priceOf(all.find((one) => one.is_current) ?? all[0]));
  return (
    <div className="stack">
      <Timeline all={all} now={now} zone={zone} />
      <div className="trying">
        <Draft instrument={instrument} price={price} put={put} zone={zone} now={now} />
        <div className="stack">
          <Trial instrument={instrument} price={price} zone={zone} now={now} />
          <Rehearsal instrument={instrument} price={price} zone={zone} now={now} />
        </div>
      </div>
    </div>
  );
}

function Versions({ instrument, zone }: { instrument: string; zone: string }) {
  const found = useQuery(versions(instrument));
  return <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>{(all) => <Shown instrument={instrument} all={all} zone={zone} />}</Answer>;
}

export function TariffsPage() {
  const { t } = useTranslation();
  const [search, put] = useFilters();
  const own = useOwnInstruments();
  const options = useInstrumentOptions();
  const instrument = search.get("instrument") ?? options[0]?.value;
  return (
    <>
      <LabTabs />
      <PageHead title={t("tariffs.title")} lead={t("tariffs.lead")}
        tools={options.length > 0 && <Select value={instrument ?? ""} style={{ width: 300, maxWidth: "100%" }} aria-label={t("tariffs.instrument")} showSearch={{ optionFilterProp: "label" }} onChange={(value: string) => put({ instrument: value })} options={options} />} />
      {instrument ? <Versions key={instrument} instrument={instrument} zone={LAB_ZONE} />
        : own.isError ? <Failure error={own.error} />
        : own.data ? <div className="panel"><Blank title={t("tariffs.noInstruments")} /></div>
        : own.isLoading ? <div className="panel"><Loading rows={8} /></div>
        : <div className="panel"><Blank kind="lock" title={t("error.forbidden")} lead={t("error.forbiddenLead")} /></div>}
      <div style={{ marginTop: 16 }}><ZoneNote zone={LAB_ZONE} /></div>
    </>
  );
}
