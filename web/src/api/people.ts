/** Questions and commands about registering, reviewing, and who belongs to whom. */

import { queryOptions } from "@tanstack/react-query";

import { get, post, put, upload } from "./http";
import type { Exactly, QueryOf, RouteOf } from "./routes";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Needs = Schemas["NeedsList"];
export type Kind = Schemas["KindNeeds"]["kind"];
export type Need = Schemas["PaperNeed"];
export type Registration = Schemas["RegistrationView"];
export type Remark = Schemas["RemarkView"];
export type Queued = Schemas["QueuedView"];
export type Review = Schemas["ReviewView"];
export type MaskedField = Schemas["RevealRequest"]["field"];
export type NameChange = Schemas["NameChangeView"];
/** By its route: two rooms of the api call theirs an institution. */
export type Institution = paths["/api/v1/institution"]["get"]["responses"]["200"]["content"]["application/json"];
export type Qualification = Schemas["QualificationView"];
export type Staff = Schemas["StaffView"];
export type Member = Schemas["MemberView"];
export type Station = Schemas["StationView"];
export type Expert = Schemas["ExpertView"];
export type Entrustment = Schemas["EntrustmentView"];
export type StoredFile = Schemas["FileView"];
export type FilePurpose = NonNullable<components["schemas"]["Body_upload_file_api_v1_files_post"]>["purpose"];

export type Role = Schemas["RolesRequest"]["roles"][number];
export type Scope = Schemas["EntrustmentRequest"]["scope"][number];

const list = <P extends RouteOf<"get">, Q extends QueryOf<"get", P>>(key: readonly string[], path: P, query?: Exactly<QueryOf<"get", P>, Q>) =>
  queryOptions({ queryKey: [...key, query ?? {}], queryFn: ({ signal }) => get(path, query, signal) });

export const needs = queryOptions({
  queryKey: ["registrations", "needs"],
  queryFn: ({ signal }) => get("/registrations/needs", {}, signal),
  staleTime: Infinity,
});

export const ownRegistrations = list(["registrations"], "/registrations/mine");

export const askCode = (channel: "phone" | "email", address: string): Promise<Schemas["ConfirmationView"]> =>
  post("/confirmations", { channel, address });

export const giveCode = (id: string, code: string): Promise<{ confirmed: boolean }> =>
  post(`/confirmations/${id}`, { code });

export const register = (body: Schemas["RegistrationRequest"]): Promise<Registration> => post("/registrations", body);

const mine = (id: string) => `/registrations/mine/${encodeURIComponent(id)}` as const;

export const correct = (id: string, body: Schemas["CorrectionRequest"]): Promise<Registration> => put(mine(id), body);

export const handIn = (id: string, paper: string, body: Schemas["PaperRequest"]): Promise<Registration> =>
  put(`${mine(id)}/papers/${paper}`, body);

export const submit = (id: string): Promise<Registration> => post(`${mine(id)}/submit`);

export const withdraw = (id: string): Promise<Registration> => post(`${mine(id)}/withdraw`);

export function sendFile(file: File, purpose: FilePurpose): Promise<StoredFile> {
  const form = new FormData();
  form.append("purpose", purpose);
  form.append("file", file);
  return upload("/files", form);
}

export const storedFile = (id: string) =>
  queryOptions({
    queryKey: ["file", id],
    queryFn: ({ signal }) => get(`/files/${encodeURIComponent(id)}`, {}, signal),
    staleTime: Infinity,
  });

export const queue = (state: Queued["state"] | null) => list(["reviews", "queue"], "/reviews/registrations", { state });

export const review = (id: string) =>
  queryOptions({
    queryKey: ["reviews", id],
    queryFn: ({ signal }) => get(`/reviews/registrations/${encodeURIComponent(id)}`, {}, signal),
  });

export const nameChanges = list(["reviews", "names"], "/reviews/name-changes");

export const ownInstitution = queryOptions({
  queryKey: ["institution"],
  queryFn: ({ signal }) => get("/institution", {}, signal),
});

export const staff = list(["staff"], "/institution/staff");

export const institutions = (state: Institution["state"] | null) => list(["institutions"], "/institutions", { state });

export const stations = list(["stations"], "/stations");

export const experts = (field: string, withLeft: boolean) =>
  list(["experts"], "/experts", { ...(field ? { field } : {}), ...(withLeft ? { include_left: true } : {}) });

export const ownEnterprise = queryOptions({
  queryKey: ["enterprise"],
  queryFn: ({ signal }) => get("/enterprise", {}, signal),
});

export const members = list(["enterprise", "members"], "/enterprise/members");

export const entrustments = list(["entrustments"], "/entrustments");

export const endorsement = queryOptions({
  queryKey: ["enterprise", "endorsement"],
  queryFn: ({ signal }) => get("/enterprise/endorsement", {}, signal),
});

export const setEndorsement = (is_needed: boolean): Promise<Schemas["EndorsementSetting"]> =>
  put("/enterprise/endorsement", { is_needed });
