/** The instruments of one's own institution, for pages that ask which one. */

import { queryOptions, useQuery } from "@tanstack/react-query";

import { getPages } from "../../api/http";
import type { Instrument, Person } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { usePerson } from "../../shell/access";

const ownInstruments = (institution: string) =>
  queryOptions({
    queryKey: ["own-instruments", institution],
    queryFn: ({ signal }) => getPages<Instrument>("/instrument-search", { institution_id: institution, limit: 50 }, 10, signal),
    select: (page) => [...page.items].sort((a, b) => a.code.localeCompare(b.code)),
    staleTime: 60_000,
  });

export function useOwnInstruments() {
  const person = usePerson();
  const institution = person.data?.institution?.id;
  return useQuery({ ...ownInstruments(institution ?? ""), enabled: !!institution });
}

/** As a select offers them: found by name and by number. */
export function useInstrumentOptions(): { value: string; label: string }[] {
  const lang = useLang();
  const found = useOwnInstruments();
  return (found.data ?? []).map((one) => ({ value: one.id, label: `${pick(lang, one, "name")} ${one.code}` }));
}

export function isManager(person: Person | null | undefined): boolean {
  return !!person?.roles.includes("institution_manager");
}
