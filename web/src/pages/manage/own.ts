/** The instruments of one's own institution, for pages that ask which one. */

import { queryOptions, useQuery } from "@tanstack/react-query";

import { get } from "../../api/http";
import type { components } from "../../api/schema";
import { pick, useLang } from "../../i18n";
import { usePerson } from "../../shell/access";

export type Own = components["schemas"]["OwnView"];

const KEEPERS = ["technician", "institution_manager", "finance"];

const ownInstruments = queryOptions({
  queryKey: ["own-instruments"],
  queryFn: async ({ signal }) => (await get("/own-instruments", {}, signal)).items,
  staleTime: 60_000,
});

export function useOwnInstruments() {
  const person = usePerson();
  return useQuery({ ...ownInstruments, enabled: !!person.data?.roles.some((role) => KEEPERS.includes(role)) });
}

/** As a select offers them: found by name and by number. */
export function useInstrumentOptions(): { value: string; label: string }[] {
  const lang = useLang();
  const found = useOwnInstruments();
  return (found.data ?? []).map((one) => ({ value: one.id, label: `${pick(lang, one, "name")} ${one.code}` }));
}
