/** One way to talk to /api/v1: JSON in, JSON out, problem documents thrown as ApiProblem. */

import { unattended } from "./presence";
import type { AnswerOf, BareRoute, BodyOf, Exactly, FullRoute, QueryOf, RouteOf } from "./routes";
import type { Page, ProblemItem } from "./types";

const ROOT = "/api/v1";

interface ProblemDocument {
  code?: string;
  status?: number;
  title?: string;
  detail?: string;
  detail_zh?: string;
  detail_en?: string;
  problems?: ProblemItem[];
  request_id?: string;
  alternatives?: { starts_at: string; ends_at: string }[];
}

export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly document: ProblemDocument;

  constructor(status: number, document: ProblemDocument) {
    super(document.detail ?? document.title ?? `HTTP ${status}`);
    this.name = "ApiProblem";
    this.status = status;
    this.code = document.code ?? "unknown";
    this.document = document;
  }

  get problems(): ProblemItem[] {
    return this.document.problems ?? [];
  }
}

/** What the network could not carry has no status of its own. */
export const NO_ANSWER = 0;

export function isProblem(error: unknown, ...statuses: number[]): error is ApiProblem {
  return error instanceof ApiProblem && (statuses.length === 0 || statuses.includes(error.status));
}

export type Query = Record<string, string | number | boolean | readonly string[] | null | undefined>;

function located(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === "") continue;
    // A list is said by naming the parameter once for each.
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [String(value)]) search.append(key, one);
  }
  const text = search.toString();
  return `${ROOT}${path}${text ? `?${text}` : ""}`;
}

/** Where a route's answer lies, for what the browser itself opens or saves. */
export function withQuery<P extends RouteOf<"get">, Q extends QueryOf<"get", P>>(path: P, query?: Exactly<QueryOf<"get", P>, Q>): string {
  return located(path, query);
}

async function documentOf(response: Response): Promise<ProblemDocument> {
  try {
    return (await response.json()) as ProblemDocument;
  } catch {
    return { code: "unreadable_answer", title: response.statusText };
  }
}

type Sent = Omit<RequestInit, "headers"> & { headers: Record<string, string> };

async function send<T>(path: string, query: Query | undefined, init: Sent): Promise<T> {
  let response: Response;
  try {
    response = await fetch(located(path, query), { credentials: "same-origin", ...init, headers: { ...init.headers, ...unattended() } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiProblem(NO_ANSWER, { code: "no_answer" });
  }
  if (!response.ok) throw new ApiProblem(response.status, await documentOf(response));
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export function get<P extends RouteOf<"get">, Q extends QueryOf<"get", P>>(path: P, query?: Exactly<QueryOf<"get", P>, Q>, signal?: AbortSignal): Promise<AnswerOf<"get", P>> {
  return send(path, query, { ...(signal ? { signal } : {}), headers: { Accept: "application/json" } });
}

/** Follows a list's cursors to its end, or to as many pages as a screen can use. */
export async function getPages<P extends RouteOf<"get">, Q extends QueryOf<"get", P>>(path: P, query: Exactly<QueryOf<"get", P>, Q>, pages: number, signal?: AbortSignal): Promise<Page<ItemOf<P>>> {
  const items: ItemOf<P>[] = [];
  let cursor: string | null = null;
  for (let n = 0; n < pages; n += 1) {
    const page: Page<ItemOf<P>> = await send(path, { ...query, cursor }, { ...(signal ? { signal } : {}), headers: { Accept: "application/json" } });
    items.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return { items, next_cursor: cursor };
}

type ItemOf<P> = AnswerOf<"get", P> extends { items: (infer Item)[] } ? Item : never;

function write<T>(method: string, path: string, body: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  return send<T>(path, undefined, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

export function post<P extends BareRoute<"post">>(path: P, body?: undefined, idempotencyKey?: string): Promise<AnswerOf<"post", P>>;
export function post<P extends FullRoute<"post">, B extends BodyOf<"post", P>>(path: P, body: Exactly<BodyOf<"post", P>, B>, idempotencyKey?: string): Promise<AnswerOf<"post", P>>;
export function post(path: string, body?: unknown, idempotencyKey?: string): Promise<unknown> {
  return write("POST", path, body, idempotencyKey);
}

export function put<P extends FullRoute<"put">, B extends BodyOf<"put", P>>(path: P, body: Exactly<BodyOf<"put", P>, B>): Promise<AnswerOf<"put", P>> {
  return write("PUT", path, body);
}

export function remove<P extends RouteOf<"delete">, Q extends QueryOf<"delete", P>>(path: P, query?: Exactly<QueryOf<"delete", P>, Q>): Promise<AnswerOf<"delete", P>> {
  return send(path, query, { method: "DELETE", headers: { Accept: "application/json" } });
}

/** Hands a form with a file in; the browser says its boundary itself. */
export function upload<P extends RouteOf<"post">>(path: P, form: FormData, idempotencyKey?: string): Promise<AnswerOf<"post", P>> {
  const headers = { Accept: "application/json", ...(idempotencyKey ? { "Idempotency-Key": idempotencyKey } : {}) };
  return send(path, undefined, { method: "POST", headers, body: form });
}

/** A file of ours as the browser can show it: with the session's cookie, for as long as the page lasts. */
export async function getFile(path: RouteOf<"get">, query?: Query): Promise<Blob> {
  const response = await fetch(located(path, query), { credentials: "same-origin" });
  if (!response.ok) throw new ApiProblem(response.status, await documentOf(response));
  return response.blob();
}

/** `crypto.randomUUID` exists on secure origins only; a lab's plain-http address is none. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}
