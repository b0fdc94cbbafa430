/** Questions and commands about one's own account. */

import { queryOptions } from "@tanstack/react-query";

import { get, post, write } from "./http";
import type { components } from "./schema";
import type { MadeToken, SecondFactorOffer } from "./types";

type Schemas = components["schemas"];

export const secondFactor = queryOptions({
  queryKey: ["account", "second-factor"],
  queryFn: ({ signal }) => get<Schemas["SecondFactorView"]>("/me/second-factor", {}, signal),
});

export const signIns = queryOptions({
  queryKey: ["account", "sign-ins"],
  queryFn: ({ signal }) => get<Schemas["SignInList"]>("/me/sign-ins", {}, signal),
});

export const tokens = queryOptions({
  queryKey: ["account", "tokens"],
  queryFn: ({ signal }) => get<Schemas["TokenList"]>("/me/tokens", {}, signal),
});

export const changePassword = (former: string, password: string): Promise<undefined> =>
  post<undefined>("/me/password", { former, password });

export const beginSecondFactor = (): Promise<SecondFactorOffer> => post<SecondFactorOffer>("/me/second-factor");

export const confirmSecondFactor = (code: string): Promise<Schemas["RecoveryCodes"]> =>
  post<Schemas["RecoveryCodes"]>("/me/second-factor/confirm", { code });

export const turnOffSecondFactor = (code: string): Promise<undefined> =>
  post<undefined>("/me/second-factor/turn-off", { code });

export const endSignIn = (id: string): Promise<undefined> => write<undefined>("DELETE", `/me/sign-ins/${encodeURIComponent(id)}`);

export const endAllSignIns = (): Promise<Schemas["EndedView"]> => post<Schemas["EndedView"]>("/me/sign-ins/end-all");

export const makeToken = (body: Schemas["TokenRequest"]): Promise<MadeToken> => post<MadeToken>("/me/tokens", body);

export const revokeToken = (id: string): Promise<undefined> => write<undefined>("DELETE", `/me/tokens/${encodeURIComponent(id)}`);
