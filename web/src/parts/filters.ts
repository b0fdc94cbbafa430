/** What a page is narrowed to stands in its address, so that it can be linked to and gone back to. */

import { useLocation, useSearchParams } from "react-router";

export type Put = (changes: Record<string, string | null | undefined>) => void;

/** The address's parameters, and how to change some of them; an empty one goes. */
export function useFilters(): [URLSearchParams, Put] {
  const [search, setSearch] = useSearchParams();
  const { pathname } = useLocation();
  const put: Put = (changes) => {
    // What was still being typed when one went elsewhere does not call one back.
    if (window.location.pathname !== pathname) return;
    setSearch(() => {
      // What stands in the address by now: of two changes in one breath both count.
      const next = new URLSearchParams(window.location.search);
      for (const [key, value] of Object.entries(changes)) {
        if (value) next.set(key, value);
        else next.delete(key);
      }
      return next;
    }, { replace: true });
  };
  return [search, put];
}
