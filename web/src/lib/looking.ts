/** What the catalogue is narrowed to, as it stands in the address. Pure. */

export const SORTS = ["relevance", "next_free"] as const;
export type Sort = (typeof SORTS)[number];

export interface Looking {
  q: string;
  category: string;
  region: string;
  standard: string;
  /** Whole yuan an hour at most, as text; empty where any price will do. */
  most: string;
  free_from: number | null;
  free_to: number | null;
  sort: Sort;
}

function instantOf(text: string | null): number | null {
  const at = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

export function readLooking(search: URLSearchParams): Looking {
  const q = search.get("q") ?? "";
  const most = search.get("most") ?? "";
  const region = search.get("region") ?? "";
  const [from, to] = [instantOf(search.get("free_from")), instantOf(search.get("free_to"))];
  const isSpan = from !== null && to !== null && from < to;
  return {
    q,
    category: search.get("category") ?? "",
    region: /^\d{2,12}$/.test(region) ? region : "",
    standard: search.get("standard") ?? "",
    most: /^\d{1,7}$/.test(most) ? most : "",
    free_from: isSpan ? from : null,
    free_to: isSpan ? to : null,
    // Who asks in words wants what fits them best; who looks around, what is free soonest.
    sort: SORTS.find((one) => one === search.get("sort")) ?? (q ? "relevance" : "next_free"),
  };
}

/** As the server is asked; what is not asked is left out. */
export function asQuery(looking: Looking): Record<string, string | number> {
  const { q, category, region, standard, most, free_from, free_to, sort } = looking;
  return {
    q,
    sort,
    ...(category ? { category } : {}),
    ...(region ? { region } : {}),
    ...(standard ? { standard } : {}),
    ...(most ? { price_max_fen: Number(most) * 100 } : {}),
    ...(free_from !== null && free_to !== null ? { free_from: new Date(free_from).toISOString(), free_to: new Date(free_to).toISOString() } : {}),
  };
}

/** How many of the finer filters are set. */
export function countFiner(looking: Looking): number {
  return [looking.region, looking.standard, looking.most, looking.free_from !== null].filter(Boolean).length;
}
