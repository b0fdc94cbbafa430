/** The rows of instruments drawn over the days; what is dragged asks to be moved. */

import { createCalendar, destroyCalendar, Interaction, ResourceTimeline, type Calendar as EventCalendar } from "@event-calendar/core";
import "@event-calendar/core/index.css";
import { useEffect, useEffectEvent, useRef } from "react";

import { pick, useLang } from "../../../i18n";
import { fromWallIso } from "../../../lib/time";
import type { BoardInstrument, Drawn, View } from "./board";

export interface Dragged {
  id: string;
  from: number;
  to: number;
  /** Puts it back where it was. */
  revert: () => void;
  isElsewhere: boolean;
}

export function BoardPicture({ rows, drawn, view, first, days, moved, opened, chosen }: {
  rows: BoardInstrument[];
  drawn: Drawn[];
  view: View;
  first: string;
  days: number;
  moved: (dragged: Dragged) => void;
  opened: (id: string) => void;
  /** A stretch of free time was drawn over an instrument. */
  chosen: (instrument: string, from: number, to: number) => void;
}) {
  const lang = useLang();
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef<EventCalendar | null>(null);
  const zoneOf = (id: string | undefined): string => rows.find((one) => one.id === id)?.time_zone ?? "Asia/Shanghai";
  const iso = (at: Date): string => new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  const drop = useEffectEvent((info: { event: { id: string | number; start: Date; end: Date; resourceIds: (string | number)[] }; newResource?: unknown; revert: () => void }) => {
    const zone = zoneOf(String(info.event.resourceIds[0]));
    moved({ id: String(info.event.id), from: fromWallIso(iso(info.event.start), zone), to: fromWallIso(iso(info.event.end), zone), revert: info.revert, isElsewhere: !!info.newResource });
  });
  const take = useEffectEvent((info: { startStr: string; endStr: string; resource?: { id: string | number } }) => {
    const id = info.resource ? String(info.resource.id) : undefined;
    if (id) chosen(id, fromWallIso(info.startStr, zoneOf(id)), fromWallIso(info.endStr, zoneOf(id)));
  });
  useEffect(() => {
    if (!place.current) return undefined;
    const made = createCalendar(place.current, [ResourceTimeline, Interaction], {
      view: "resourceTimelineDay",
      duration: { days },
      date: `${first}T00:00:00`,
      headerToolbar: { start: "", center: "", end: "" },
      slotMinTime: "00:00:00",
      slotMaxTime: "24:00:00",
      scrollTime: "07:30:00",
      editable: true,
      selectable: true,
      nowIndicator: false,
      dayHeaderFormat: { weekday: "short", month: "numeric", day: "numeric" },
      eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
      eventDrop: (info) => drop(info),
      eventResize: (info) => drop(info),
      select: (info) => {
        take(info);
        made.unselect();
      },
      eventDidMount: (info) => {
        info.el.dataset.event = String(info.event.id);
        info.el.title = typeof info.event.title === "string" ? info.event.title : "";
      },
    });
    shown.current = made;
    return () => {
      shown.current = null;
      void destroyCalendar(made);
    };
    // Made once; what changes is told to it below.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  useEffect(() => {
    const made = shown.current;
    if (!made) return;
    made.setOption("locale", lang === "zh" ? "zh-CN" : "en-GB");
    made.setOption("duration", { days });
    made.setOption("date", `${first}T00:00:00`);
    made.setOption("slotDuration", view === "day" ? { minutes: 30 } : { minutes: 360 });
    made.setOption("slotWidth", view === "day" ? 40 : 41);
    made.setOption("slotLabelFormat", view === "day" ? { hour: "2-digit", minute: "2-digit", hour12: false } : (time) => `${time.getHours()}`);
    // A week leaves no room for the time beside the name; it stands in the list, and in the place.
    made.setOption("eventContent", view === "day" ? undefined : (info) => (typeof info.event.title === "string" ? info.event.title : ""));
    made.setOption("snapDuration", { minutes: Math.min(...rows.map((one) => one.grid_minutes), 15) });
  }, [lang, first, days, view, rows]);
  useEffect(() => {
    shown.current?.setOption("resources", rows.map((one) => ({ id: one.id, title: `${pick(lang, one, "name")}\n${one.code}` })));
  }, [rows, lang]);
  useEffect(() => {
    shown.current?.setOption("events", drawn);
  }, [drawn]);
  // A picture for the eye and the mouse: the lists beneath it say and do the same.
  return (
    <div className="board" aria-hidden="true" ref={place}
      onClick={(event) => {
        const id = (event.target as Element).closest<HTMLElement>("[data-event]")?.dataset.event;
        if (id) opened(id);
      }} />
  );
}
