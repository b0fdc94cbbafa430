/** Questions and commands about one's own account. */

import { queryOptions } from "@tanstack/react-query";

import { get, post, remove } from "./http";
import type { components } from "./schema";
import type { MadeToken, SecondFactorOffer } from "./types";

type Schemas = components["schemas"];

export const secondFactor = queryOptions({
  queryKey: ["account", "second-factor"],
  queryFn: ({ signal }) => get("/me/second-factor", {}, signal),
});

export const signIns = queryOptions({
  queryKey: ["account", "sign-ins"],
  queryFn: ({ signal }) => get("/me/sign-ins", {}, signal),
});

export const tokens = queryOptions({
  queryKey: ["account", "tokens"],
  queryFn: ({ signal }) => get("/me/tokens", {}, signal),
});

export const changePassword = (former: string, password: string): Promise<undefined> =>
  post("/me/password", { former, password });

export const recoverPassword = (given: Schemas["RecoveryRequest"]): Promise<undefined> => post("/password-recovery", given);

export const beginSecondFactor = (): Promise<SecondFactorOffer> => post("/me/second-factor");

export const confirmSecondFactor = (code: string): Promise<Schemas["RecoveryCodes"]> =>
  post("/me/second-factor/confirm", { code });

export const turnOffSecondFactor = (code: string): Promise<undefined> =>
  post("/me/second-factor/turn-off", { code });

export const endSignIn = (id: string): Promise<undefined> => remove(`/me/sign-ins/${encodeURIComponent(id)}`);

export const endAllSignIns = (): Promise<Schemas["EndedView"]> => post("/me/sign-ins/end-all");

export const makeToken = (body: Schemas["TokenRequest"]): Promise<MadeToken> => post("/me/tokens", body);

export const revokeToken = (id: string): Promise<undefined> => remove(`/me/tokens/${encodeURIComponent(id)}`);
