/** The calendar of all instruments, by day and by week. */

import { Button, Segmented, Select } from "antd";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { categories } from "../../../api/calls";
import { pick, useLang } from "../../../i18n";
import { addDays, dayKey, formatDayKey, isDayKey } from "../../../lib/time";
import { useFilters } from "../../../parts/filters";
import { useMinute } from "../../../parts/now";
import { LAB_ZONE, PageHead, ZoneNote } from "../../../parts/page";
import { useRefusal } from "../../../parts/refusal";
import { Answer, Blank, Loading } from "../../../parts/states";
import { usePerson } from "../../../shell/access";
import { LabTabs } from "../tabs";
import { type Board, board, daysOf, draw, KINDS, move, type View } from "./board";
import { ClosureForm, MoveForm, type Proposed } from "./forms";
import { Closures, Reservations } from "./lists";
import { BoardPicture, type Dragged } from "./picture";
import { ReservationSheet } from "./sheet";
import "./calendar.css";

function Legend() {
  const { t } = useTranslation();
  return (
    <ul className="row legend" aria-label={t("labCalendar.state")}>
      {[...KINDS, "closure" as const, "shut" as const].map((one) => <li key={one} className="row tight"><i className={`swatch ${one === "closure" ? "closed" : one}`} aria-hidden="true" />{t(`labCalendar.legend.${one}`)}</li>)}
    </ul>
  );
}

function Shown({ found, view, first, days }: { found: Board; view: View; first: string; days: number }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [search, put] = useFilters();
  const cache = useQueryClient();
  const refuse = useRefusal();
  const person = usePerson();
  const mayEdit = !!person.data?.roles.includes("institution_manager");
  const [closing, propose] = useState<Proposed | null>(null);
  const kinds = useQuery(categories);
  const [category, location] = [search.get("category") ?? "", search.get("location") ?? ""];
  const rows = useMemo(() => found.instruments.filter((one) => (!category || one.category === category) && (!location || one.location === location)), [found, category, location]);
  const drawn = useMemo(() => draw(found, rows, (one) => {
    const kind = (["closure", "maintenance", "calibration", "fault"] as const).find((each) => each === one.kind);
    return [kind && t(`labCalendar.kinds.${kind}`), pick(lang, one, "reason")].filter(Boolean).join(" · ");
  }), [found, rows, lang, t]);
  const moving = useMutation({
    mutationFn: ({ id, from, to }: Dragged) => move({ id, from, to }),
    onError: (error, dragged) => {
      dragged.revert();
      refuse(t("labCalendar.notMoved"), error);
    },
    onSettled: () => cache.invalidateQueries({ queryKey: ["lab-calendar"] }),
  });
  const dropped = (dragged: Dragged): void => {
    if (dragged.isElsewhere) {
      dragged.revert();
      refuse(t("labCalendar.otherInstrument"), null);
    } else moving.mutate(dragged);
  };
  const one = found.reservations.find((each) => each.id === search.get("open"));
  const row = found.instruments.find((each) => each.id === one?.instrument_id);
  const opened = (id: string): void => {
    if (found.reservations.some((each) => each.id === id && each.may_move)) put({ open: id });
  };
  const zone = found.instruments[0]?.time_zone ?? LAB_ZONE;
  const names = new Map((kinds.data?.items ?? []).map((each) => [each.code, pick(lang, each, "name")]));
  const codes = [...new Set(found.instruments.map((each) => each.category))].sort();
  const places = [...new Set(found.instruments.map((each) => each.location))].sort();
  return (
    <>
      <div className="row spread">
        <div className="row" role="search">
          <Select value={category} style={{ width: 190 }} aria-label={t("labCalendar.category")} onChange={(value: string) => put({ category: value })} options={[{ value: "", label: t("labCalendar.anyCategory") }, ...codes.map((code) => ({ value: code, label: names.get(code) ?? code }))]} />
          <Select value={location} style={{ width: 190 }} aria-label={t("labCalendar.location")} onChange={(value: string) => put({ location: value })} options={[{ value: "", label: t("labCalendar.anyLocation") }, ...places.map((place) => ({ value: place, label: place }))]} />
        </div>
        {mayEdit && (
          <div className="row">
            <ReservationSheet zone={zone} />
            <Button onClick={() => propose({})}>{t("labCalendar.addClosure")}</Button>
          </div>
        )}
      </div>
      {rows.length === 0 ? <div className="panel"><Blank title={t("labCalendar.none")} action={<Button onClick={() => put({ category: null, location: null })}>{t("catalogue.clear")}</Button>} /></div> : (
        <div className="panel board-panel">
          <BoardPicture rows={rows} drawn={drawn} view={view} first={first} days={days} moved={dropped} opened={opened}
            chosen={(instrument, from, to) => mayEdit && propose({ instrument, from, to })} />
        </div>
      )}
      <Legend />
      <Reservations found={found.reservations} rows={rows} zone={zone} open={(id) => put({ open: id })} />
      <Closures found={found.closures} rows={rows} zone={zone} mayEdit={mayEdit} />
      <ZoneNote zone={zone} />
      {one && row && <MoveForm key={one.id} one={one} row={row} done={() => put({ open: null })} />}
      {closing && <ClosureForm rows={found.instruments} zone={zone} proposed={closing} done={() => propose(null)} />}
    </>
  );
}

export function LabCalendarPage() {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  const [search, put] = useFilters();
  const today = dayKey(now, LAB_ZONE);
  const asked = search.get("day");
  const day = isDayKey(asked) ? asked : today;
  const usual: View = window.innerWidth < 700 ? "day" : "week";
  const view: View = search.get("view") === "day" ? "day" : search.get("view") === "week" ? "week" : usual;
  const { first, days } = daysOf(view, day);
  const found = useQuery(board(first, days, LAB_ZONE));
  const go = (by: number): void => put({ day: addDays(first, by * days) });
  const last = addDays(first, days - 1);
  return (
    <>
      <LabTabs />
      <PageHead title={t("labCalendar.title")} lead={t("labCalendar.lead")}
        tools={
          <>
            <Segmented<View> value={view} aria-label={t("labCalendar.title")} onChange={(next) => put({ view: next })} options={(["day", "week"] as const).map((one) => ({ value: one, label: t(`labCalendar.view.${one}`) }))} />
            <Button aria-label={t("labCalendar.previous")} onClick={() => go(-1)}>‹</Button>
            <Button disabled={day === today} onClick={() => put({ day: null })}>{t("labCalendar.today")}</Button>
            <Button aria-label={t("labCalendar.next")} onClick={() => go(1)}>›</Button>
          </>
        } />
      <div className="stack">
        <h2 className="span-title num">{first === last ? formatDayKey(first, lang) : `${formatDayKey(first, lang)} – ${formatDayKey(last, lang)}`}</h2>
        <Answer query={found} loading={<div className="panel"><Loading rows={10} /></div>}>
          {(all) => <Shown found={all} view={view} first={first} days={days} />}
        </Answer>
      </div>
    </>
  );
}
