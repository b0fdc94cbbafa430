/** What a person's roles let them see. The server decides; this only hides what it would refuse. */

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { me } from "../api/calls";
import type { Person } from "../api/types";
import { zh } from "../i18n/zh";

const LAB_ROLES = ["technician", "institution_manager", "operator"];
const CLIENT_ROLES = ["member", "enterprise_admin"];

export function seesLab(person: Person | null | undefined): boolean {
  return !!person?.roles.some((role) => LAB_ROLES.includes(role));
}

const BOARD_ROLES = ["operator", "reviewer", "auditor", "platform_finance"];

export function seesBoard(person: Person | null | undefined): boolean {
  return !!person?.roles.some((role) => BOARD_ROLES.includes(role));
}

export function reviewsPeople(person: Person | null | undefined): boolean {
  return !!person?.roles.some((role) => role === "reviewer" || role === "operator");
}

export function seesInstitutions(person: Person | null | undefined): boolean {
  return !!person?.roles.some((role) => ["operator", "reviewer", "auditor"].includes(role));
}

export function worksAtInstitution(person: Person | null | undefined): boolean {
  return !!person?.institution && person.roles.length > 0;
}

export function readsAudit(person: Person | null | undefined): boolean {
  return !!person?.roles.some((role) => role === "auditor" || role === "operator");
}

export function reserves(person: Person | null | undefined): boolean {
  return actsForClients(person) || (!!person?.enterprise && person.roles.some((role) => CLIENT_ROLES.includes(role)));
}

/** A station's clerk acts in the name of those who entrusted the station, never in their own. */
export function actsForClients(person: Person | null | undefined): boolean {
  return !!person?.roles.includes("station_staff");
}

/** Says yes for their enterprise, where it wants to be asked. */
export function administers(person: Person | null | undefined): boolean {
  return !!person?.roles.includes("enterprise_admin");
}

export function usePerson() {
  return useQuery(me);
}

type Role = keyof typeof zh.roles;

/** What a role is called; an unknown one keeps its code. */
export function useRoleName(): (role: string) => string {
  const { t } = useTranslation();
  return (role) => (role in zh.roles ? t(`roles.${role as Role}`) : role);
}
