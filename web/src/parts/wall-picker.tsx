/** A moment by the clock on the lab's wall. */

import { DatePicker } from "antd";
import dayjs from "dayjs";

import { fromWallIso, toWallIso } from "../lib/time";

const FORMAT = "YYYY-MM-DDTHH:mm";

export function WallPicker({ value, onChange, zone, label, grid = 15 }: {
  value?: number | undefined;
  onChange?: (instant: number | undefined) => void;
  zone: string;
  label: string;
  grid?: number;
}) {
  const step = grid > 0 && 60 % grid === 0 ? grid : 1;
  return (
    <DatePicker aria-label={label} allowClear={false} needConfirm={false} showTime={{ format: "HH:mm", minuteStep: step as 15 }} format="YYYY-MM-DD HH:mm" style={{ width: "100%" }}
      value={value === undefined ? null : dayjs(toWallIso(value, zone))} onChange={(day) => onChange?.(day ? fromWallIso(day.format(FORMAT), zone) : undefined)} />
  );
}
