/** Questions and commands about registering, reviewing, and who belongs to whom. */

import { queryOptions } from "@tanstack/react-query";

import { get, post, upload, write } from "./http";
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

interface List<T> {
  items: T[];
}

const list = <T>(key: readonly string[], path: string, query: Record<string, string> = {}) =>
  queryOptions({ queryKey: [...key, query], queryFn: ({ signal }) => get<List<T>>(path, query, signal) });

export const needs = queryOptions({
  queryKey: ["registrations", "needs"],
  queryFn: ({ signal }) => get<Needs>("/registrations/needs", {}, signal),
  staleTime: Infinity,
});

export const ownRegistrations = list<Registration>(["registrations"], "/registrations/mine");

export const askCode = (channel: "phone" | "email", address: string): Promise<Schemas["ConfirmationView"]> =>
  post<Schemas["ConfirmationView"]>("/confirmations", { channel, address });

export const giveCode = (id: string, code: string): Promise<{ confirmed: boolean }> =>
  post<{ confirmed: boolean }>(`/confirmations/${id}`, { code });

export const register = (body: Schemas["RegistrationRequest"]): Promise<Registration> => post<Registration>("/registrations", body);

const mine = (id: string): string => `/registrations/mine/${encodeURIComponent(id)}`;

export const correct = (id: string, body: Schemas["CorrectionRequest"]): Promise<Registration> => write<Registration>("PUT", mine(id), body);

export const handIn = (id: string, paper: string, body: Schemas["PaperRequest"]): Promise<Registration> =>
  write<Registration>("PUT", `${mine(id)}/papers/${paper}`, body);

export const submit = (id: string): Promise<Registration> => post<Registration>(`${mine(id)}/submit`);

export const withdraw = (id: string): Promise<Registration> => post<Registration>(`${mine(id)}/withdraw`);

export function sendFile(file: File, purpose: FilePurpose): Promise<StoredFile> {
  const form = new FormData();
  form.append("purpose", purpose);
  form.append("file", file);
  return upload<StoredFile>("/files", form);
}

export const storedFile = (id: string) =>
  queryOptions({
    queryKey: ["file", id],
    queryFn: ({ signal }) => get<StoredFile>(`/files/${encodeURIComponent(id)}`, {}, signal),
    staleTime: Infinity,
  });

export const queue = (state: string) => list<Queued>(["reviews", "queue"], "/reviews/registrations", state ? { state } : {});

export const review = (id: string) =>
  queryOptions({
    queryKey: ["reviews", id],
    queryFn: ({ signal }) => get<Review>(`/reviews/registrations/${encodeURIComponent(id)}`, {}, signal),
  });

export const nameChanges = list<NameChange>(["reviews", "names"], "/reviews/name-changes");

export const ownInstitution = queryOptions({
  queryKey: ["institution"],
  queryFn: ({ signal }) => get<Institution>("/institution", {}, signal),
});

export const staff = list<Staff>(["staff"], "/institution/staff");

export const institutions = (state: string) => list<Institution>(["institutions"], "/institutions", state ? { state } : {});

export const stations = list<Station>(["stations"], "/stations");

export const experts = (field: string, withLeft: boolean) =>
  list<Expert>(["experts"], "/experts", { ...(field ? { field } : {}), ...(withLeft ? { include_left: "true" } : {}) });

export const ownEnterprise = queryOptions({
  queryKey: ["enterprise"],
  queryFn: ({ signal }) => get<Schemas["EnterpriseView"]>("/enterprise", {}, signal),
});

export const members = list<Member>(["enterprise", "members"], "/enterprise/members");

export const entrustments = list<Entrustment>(["entrustments"], "/entrustments");

export const endorsement = queryOptions({
  queryKey: ["enterprise", "endorsement"],
  queryFn: ({ signal }) => get<Schemas["EndorsementSetting"]>("/enterprise/endorsement", {}, signal),
});

export const setEndorsement = (is_needed: boolean): Promise<Schemas["EndorsementSetting"]> =>
  write<Schemas["EndorsementSetting"]>("PUT", "/enterprise/endorsement", { is_needed });
