/** The week as a picture: taken and free time, a slot drawn by dragging. */

import {
  createCalendar,
  DayGrid,
  destroyCalendar,
  Interaction,
  TimeGrid,
  type Calendar as EventCalendar,
} from "@event-calendar/core";
import "@event-calendar/core/index.css";
import { useEffect, useEffectEvent, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { Calendar } from "../../api/types";
import { useLang } from "../../i18n";
import type { Span } from "../../lib/slots";
import { fromWallIso, toWallIso } from "../../lib/time";

const KINDS = ["taken", "mine", "buffer", "closure"] as const;
type Kind = (typeof KINDS)[number];

export function kindOf(kind: string): Kind {
  return KINDS.find((one) => one === kind) ?? "taken";
}

interface Drawn {
  id: string;
  start: string;
  end: string;
  title: string;
  classNames: string[];
  display?: "background";
  editable: false;
  extendedProps?: { reservation: string };
}

function draw(calendar: Calendar, chosen: Span | null, word: (kind: Kind | "selected") => string): Drawn[] {
  const zone = calendar.time_zone;
  const wall = (text: string): string => toWallIso(Date.parse(text), zone);
  const free = calendar.free.map((one, index): Drawn => ({
    id: `free-${index}`, start: wall(one.starts_at), end: wall(one.ends_at),
    title: "", classNames: ["free"], display: "background", editable: false,
  }));
  const taken = calendar.taken.map((one, index): Drawn => {
    const kind = kindOf(one.kind);
    return {
      id: `taken-${index}`, start: wall(one.starts_at), end: wall(one.ends_at),
      title: word(kind), classNames: [kind], editable: false,
      ...(one.reservation_id ? { extendedProps: { reservation: one.reservation_id } } : {}),
    };
  });
  const own = chosen
    ? [{
        id: "chosen", start: toWallIso(chosen.from, zone), end: toWallIso(chosen.to, zone),
        title: word("selected"), classNames: ["chosen"], editable: false as const,
      }]
    : [];
  return [...free, ...taken, ...own];
}

export function WeekPicture({ calendar, first, days, chosen, grid, select, open }: {
  calendar: Calendar;
  first: string;
  days: number;
  chosen: Span | null;
  grid: number;
  select: (span: Span) => void;
  /** One's own reservation was clicked. */
  open: (reservation: string) => void;
}) {
  const { t } = useTranslation();
  const lang = useLang();
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef<EventCalendar | null>(null);
  const zone = calendar.time_zone;
  const take = useEffectEvent((from: string, to: string) =>
    select({ from: fromWallIso(from, zone), to: fromWallIso(to, zone) }),
  );
  const show = useEffectEvent((reservation: unknown) => {
    if (typeof reservation === "string") open(reservation);
  });
  useEffect(() => {
    if (!place.current) return undefined;
    const made = createCalendar(place.current, [TimeGrid, DayGrid, Interaction], {
      view: "timeGridDay",
      duration: { days },
      date: `${first}T00:00:00`,
      allDaySlot: false,
      slotDuration: "01:00:00",
      slotHeight: 36,
      scrollTime: "06:45:00",
      headerToolbar: { start: "", center: "", end: "" },
      selectable: true,
      unselectAuto: true,
      nowIndicator: false,
      dayHeaderFormat: { weekday: "short", day: "numeric" },
      slotLabelFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
      eventTimeFormat: { hour: "2-digit", minute: "2-digit", hour12: false },
      // Nothing that ears are spared is stopped at by keys: the list and the form are for those.
      eventDidMount: ({ el }: { el: HTMLElement }) => el.setAttribute("tabindex", "-1"),
      eventClick: (info: { event: { extendedProps: Record<string, unknown> } }) => show(info.event.extendedProps.reservation),
      select: (info: { startStr: string; endStr: string }) => {
        take(info.startStr, info.endStr);
        made.unselect();
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
    made.setOption("snapDuration", { minutes: grid });
  }, [lang, first, days, grid]);
  useEffect(() => {
    const words = {
      taken: t("instrument.taken"), mine: t("instrument.mine"), buffer: t("instrument.buffer"),
      closure: t("instrument.closure"), selected: t("instrument.selected"),
    };
    shown.current?.setOption("events", draw(calendar, chosen, (kind) => words[kind]));
  }, [calendar, chosen, t]);
  return (
    // A picture for the eye and the mouse: the list and the form beside it say and do the same.
    <div className="week" aria-hidden="true">
      <div ref={place} />
    </div>
  );
}
