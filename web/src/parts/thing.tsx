/** Whatever a clock or an entry of the audit trail is about, by name, with the way to its page. */

import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { actions } from "../i18n/offices/zh";
import { things } from "../i18n/people/zh";

const PATHS: Record<string, (id: string) => string> = {
  registration: (id) => `/reviews/${id}`,
  name_change: (id) => `/reviews?view=names&open=${id}`,
  reservation: (id) => `/reservations/${id}`,
  institution: (id) => `/institutions?open=${id}`,
  instrument: (id) => `/instruments/${id}`,
  charge: (id) => `/charges/${id}`,
};
const ID_SHOWN = 13;

type Kind = keyof typeof things.kinds;
type Action = keyof typeof actions;
type ClockKind = keyof typeof things.clocks;

/** What a kind of thing is called; one without a name keeps its code. */
export function useThingName(): (kind: string) => string {
  const { t } = useTranslation();
  return (kind) => (kind in things.kinds ? t(`things.kinds.${kind as Kind}`) : kind.replaceAll("_", " "));
}

/** What an act is called; one without a name keeps its code. */
export function useActionName(): (action: string) => string {
  const { t } = useTranslation();
  return (action) => {
    const key = action.replaceAll(".", "_");
    return key in actions ? t(`actions.${key as Action}`) : action;
  };
}

export function useClockName(): (kind: string) => string {
  const { t } = useTranslation();
  return (kind) => (kind in things.clocks ? t(`things.clocks.${kind as ClockKind}`) : kind.replaceAll("_", " "));
}

export function Thing({ kind, id }: { kind: string; id: string }) {
  const nameOf = useThingName();
  const short = <span className="mono" title={id}>{id.length > ID_SHOWN ? `${id.slice(0, ID_SHOWN)}…` : id}</span>;
  const path = PATHS[kind]?.(encodeURIComponent(id));
  return <span className="nowrap">{nameOf(kind)} {path ? <Link to={path}>{short}</Link> : <span className="faint">{short}</span>}</span>;
}
