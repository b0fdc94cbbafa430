/** By when something is to be done: the date, what is left, and why it is that date. */

import { Tooltip } from "antd";
import { useTranslation } from "react-i18next";

import { useLang } from "../i18n";
import { formatInstant, formatLength, HOUR } from "../lib/time";
import { ToneTag } from "./marks";
import { useMinute } from "./now";
import { LAB_ZONE } from "./page";

const DAY = 24 * HOUR;

/** "2 天" from two days on, hours and minutes before. */
export function useLeft(): (dueAt: string) => { text: string; isOver: boolean; isNear: boolean } {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  return (dueAt) => {
    const left = Date.parse(dueAt) - now;
    const days = Math.floor(Math.abs(left) / DAY);
    const length = days >= 2 ? t("common.days", { count: days }) : formatLength(Math.abs(left), lang);
    return { text: left < 0 ? t("board.over", { length }) : length, isOver: left < 0, isNear: left < DAY };
  };
}

export function Clock({ dueAt, provisional, why }: { dueAt: string; provisional: boolean; why: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const left = useLeft()(dueAt);
  return (
    <Tooltip title={why}>
      <span className="row tight" tabIndex={0} data-clock={dueAt}>
        <span className="num">{formatInstant(Date.parse(dueAt), LAB_ZONE, lang)}</span>
        <ToneTag tone={left.isOver ? "fault" : left.isNear ? "attention" : "idle"}>{left.text}</ToneTag>
        {provisional && <ToneTag tone="attention">{t("board.provisional")}</ToneTag>}
      </span>
    </Tooltip>
  );
}
