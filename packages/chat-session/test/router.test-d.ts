// Compiled, not run: what does not fit must not compile.

import type { AppRouter, ChatSessionError, ProcedureErrorData, SessionService } from "@sidekit/chat-session";
import { createChatSessionClient, type ChatSessionClientError } from "@sidekit/chat-session/client";
import type { ChatSession } from "@sidekit/chat-session/contract";
import type { TRPCClientError } from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";

type Same<Left, Right> =
  (<Probe>() => Probe extends Left ? 1 : 2) extends <Probe>() => Probe extends Right ? 1 : 2 ? true : false;

type Outputs = inferRouterOutputs<AppRouter>;
type Inputs = inferRouterInputs<AppRouter>;

export const outputIsTheContract: Same<Outputs["chatSession"]["createSession"], ChatSession> = true;
export const errorDataIsTyped: Same<
  NonNullable<TRPCClientError<AppRouter>["data"]>["appCode"],
  ProcedureErrorData["appCode"]
> = true;

export const input: Inputs["chatSession"]["createSession"] = { profile: "default", stateVariables: { a: 1 } };
// @ts-expect-error A caller may not name the user.
export const userInInput: Inputs["chatSession"]["createSession"] = { user: "mallory" };
// @ts-expect-error Variables are flat.
export const deepVariable: Inputs["chatSession"]["createSession"] = { stateVariables: { a: { b: 1 } } };

const local = createChatSessionClient({ url: "/trpc", issuerCredential: () => "token" });
const hosted = createChatSessionClient({
  url: "/trpc",
  issuerCredential: async () => "token",
  issuer: "hosted",
});

export async function calls(error: ChatSessionClientError, service: SessionService) {
  const session = await local.createSession({ profile: "default" });
  session.clientSecret satisfies string;
  session.refreshIn satisfies number;
  // @ts-expect-error Not a member of the contract.
  void session.secret;
  // @ts-expect-error Not a field of the input.
  await local.createSession({ profil: "default" });
  // @ts-expect-error The id is needed.
  await local.cancelSession({});
  const [first] = (await local.listSessions({ limit: 5 })).data;
  // @ts-expect-error A summary never has a secret.
  void first?.clientSecret;
  // @ts-expect-error A caller is needed.
  await service.createSession(null, {}, AbortSignal.timeout(1));
  error.retryAfterMs satisfies number | null;
}

/** The shapes that the vendor's component takes. */
export const custom: { url: string; domainKey: string; fetch?: typeof fetch } = local.chatkitApi();
export const provided: { getClientSecret: (current: string | null) => Promise<string> } = hosted.chatkitApi();
// @ts-expect-error A local session has an endpoint, not a secret to hand over.
export const mixed: { getClientSecret: (current: string | null) => Promise<string> } = local.chatkitApi();

// @ts-expect-error Codes are those of the table.
export const unknownCode: ChatSessionError["code"] = "something_else";
