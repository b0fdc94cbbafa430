/** Bills past their day: what the api is asked of them. */

import { queryOptions } from "@tanstack/react-query";

import { get, post } from "../../../api/http";
import type { components } from "../../../api/schema";

export type Owed = components["schemas"]["ArrearsView"];
export type NewBill = components["schemas"]["ArrearsBody"];

export const arrears = queryOptions({
  queryKey: ["arrears"],
  queryFn: ({ signal }) => get("/arrears", {}, signal),
});

export const clients = queryOptions({
  queryKey: ["arrears", "clients"],
  queryFn: ({ signal }) => get("/arrears/clients", {}, signal),
});

export const noteBill = (bill: NewBill): Promise<Owed> => post("/arrears", bill);

export const settle = (id: string): Promise<Owed> => post(`/arrears/${encodeURIComponent(id)}/settle`);
