/** One way to talk to /api/v1: JSON in, JSON out, problem documents thrown as ApiProblem. */

import { unattended } from "./presence";
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

export function withQuery(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === "") continue;
    // A list is said by naming the parameter once for each.
    for (const one of Array.isArray(value) ? (value as readonly string[]) : [String(value)]) search.append(key, one);
  }
  const text = search.toString();
  return `${ROOT}${path}${text ? `?${text}` : ""}`;
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
    response = await fetch(withQuery(path, query), { credentials: "same-origin", ...init, headers: { ...init.headers, ...unattended() } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiProblem(NO_ANSWER, { code: "no_answer" });
  }
  if (!response.ok) throw new ApiProblem(response.status, await documentOf(response));
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return send<T>(path, query, { ...(signal ? { signal } : {}), headers: { Accept: "application/json" } });
}

/** Follows a list's cursors to its end, or to as many pages as a screen can use. */
export async function getPages<T>(path: string, query: Query, pages: number, signal?: AbortSignal): Promise<Page<T>> {
  const items: T[] = [];
  let cursor: string | null = null;
  for (let n = 0; n < pages; n += 1) {
    const page: Page<T> = await get<Page<T>>(path, { ...query, cursor }, signal);
    items.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  return { items, next_cursor: cursor };
}

export function post<T>(path: string, body?: unknown, idempotencyKey?: string): Promise<T> {
  return write<T>("POST", path, body, idempotencyKey);
}

export function write<T>(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
  return send<T>(path, undefined, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Hands a form with a file in; the browser says its boundary itself. */
export function upload<T>(path: string, form: FormData, method = "POST", idempotencyKey?: string): Promise<T> {
  const headers = { Accept: "application/json", ...(idempotencyKey ? { "Idempotency-Key": idempotencyKey } : {}) };
  return send<T>(path, undefined, { method, headers, body: form });
}

/** A file of ours as the browser can show it: with the session's cookie, for as long as the page lasts. */
export async function getFile(path: string, query: Query = {}): Promise<Blob> {
  const response = await fetch(withQuery(path, query), { credentials: "same-origin" });
  if (!response.ok) throw new ApiProblem(response.status, await documentOf(response));
  return response.blob();
}

/** `crypto.randomUUID` exists on secure origins only; a lab's plain-http address is none. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
}
