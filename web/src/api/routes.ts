/** What the api's schema says of each route: which there are, what they ask and answer. Types only. */

import type { paths } from "./schema";

export type Verb = "get" | "post" | "put" | "delete";

/** A route as a call says it: `/labels/{code}` is `/labels/${string}`. */
type Filled<Route extends string> = Route extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Filled<After>}` : Route;
type Said<Route> = Route extends `/api/v1${infer Rest}` ? Filled<Rest> : never;

type Operations<V extends Verb> = { [Route in keyof paths as paths[Route] extends Record<V, object> ? Route : never]: paths[Route] extends Record<V, infer Operation> ? Operation : never };

export type RouteOf<V extends Verb> = Said<keyof Operations<V>>;

/** The one operation a path means: `/a/${string}` is also an `/${string}/b`, but not the other way round. */
type Meant<V extends Verb, Path> = Path extends string
  ? { [Route in keyof Operations<V>]: [Path] extends [Said<Route>] ? ([Said<Route>] extends [Path] ? Operations<V>[Route] : never) : never }[keyof Operations<V>]
  : never;

type Bodies<Operation> = Operation extends { requestBody?: infer Body } ? Body : undefined;
type Json<Said> = Said extends { content: { "application/json": infer Body } } ? Body : undefined;

export type BodyOf<V extends Verb, Path> = Json<Bodies<Meant<V, Path>>>;

/** Routes that may be called without a body, and those that may be called with one. */
export type BareRoute<V extends Verb> = Said<{ [Route in keyof Operations<V>]: Operations<V>[Route] extends { requestBody: object } ? never : Route }[keyof Operations<V>]>;
export type FullRoute<V extends Verb> = Said<{ [Route in keyof Operations<V>]: [Json<NonNullable<Bodies<Operations<V>[Route]>>>] extends [undefined] ? never : Route }[keyof Operations<V>]>;

type Parameters<Operation> = Operation extends { parameters: { query?: infer Query } } ? NonNullable<Query> : object;

/** An address is text: a number may come from one as it stands there. */
type Written<Value> = Value extends number ? number | string : Value extends readonly (infer One)[] ? readonly One[] : Value;

/** What may stand behind the question mark; what is null or empty is left out. */
export type QueryOf<V extends Verb, Path> = { [Key in keyof Parameters<Meant<V, Path>>]?: Written<Parameters<Meant<V, Path>>[Key]> | null | undefined };

type Answers<Operation> = Operation extends { responses: infer Responses } ? Json<Responses[keyof Responses & (200 | 201 | 202 | 204)]> : never;

export type AnswerOf<V extends Verb, Path> = Answers<Meant<V, Path>>;

/** The api refuses what it did not ask for: so does the type checker, spread or not. */
type KeysOf<Asked> = Asked extends unknown ? keyof Asked : never;
export type Exactly<Asked, Given> = Given & Record<Exclude<keyof Given, KeysOf<Asked>>, never>;
