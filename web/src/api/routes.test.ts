import { expect, test } from "vitest";

import type * as Http from "./http";
import type { AnswerOf, BodyOf } from "./routes";

/** Never called: the type checker reads it, and complains where a line it should refuse passes. */
function refused({ get, post, put }: typeof Http, id: string, given: { login: string; pin: string; password: string }): void {
  void post(`/kiosk/${id}/check-in`, { login: given.login, pin: given.pin });
  // @ts-expect-error a field that nobody asked for, hidden in a spread
  void post(`/kiosk/${id}/check-in`, { ...given });
  // @ts-expect-error a field is missing
  void post(`/kiosk/${id}/check-in`, { login: given.login });
  // @ts-expect-error a body is missing
  void post(`/kiosk/${id}/check-in`);
  // @ts-expect-error no such route
  void post(`/kiosks/${id}/check-in`, { login: given.login, pin: given.pin });
  // @ts-expect-error the route is there, for another verb
  void put("/legal-holds", {});
  // @ts-expect-error no such parameter
  void get("/notices", { unseen: true });
  void get("/notices", { unread: true });
}

test("a path means one operation, though another's pattern would take it too", () => {
  const body: BodyOf<"post", `/reservations/${string}/reject`> = { reason: "broken" };
  const answer = (found: AnswerOf<"get", "/registrations/mine">): number => found.items.length;
  expect(body.reason).toBe("broken");
  expect(answer({ items: [] })).toBe(0);
  expect(refused).toBeTypeOf("function");
});
