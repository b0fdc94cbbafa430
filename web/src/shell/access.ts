/** What a person's roles let them see. The server decides; this only hides what it would refuse. */

import { useQuery } from "@tanstack/react-query";

import { me } from "../api/calls";
import type { Person } from "../api/types";

const LAB_ROLES = ["technician", "manager", "operator", "institution_manager", "institution_technician"];

export function seesLab(person: Person | null | undefined): boolean {
  return !!person?.roles.some((role) => LAB_ROLES.includes(role));
}

export function reserves(person: Person | null | undefined): boolean {
  return !!person?.enterprise;
}

export function usePerson() {
  return useQuery(me);
}
