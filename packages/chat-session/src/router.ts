// The procedures: each an input schema, an output schema and one call. Importable by any app with tRPC.

import { z } from "zod";

import {
  apiKeyStatuses,
  cancelSessionInput,
  chatSession,
  createSessionInput,
  listSessionsInput,
  listSessionsOutput,
  sessionSummary,
  systemInfo,
} from "./contract.ts";
import type { ApiKeyReport, DescribeSystem } from "./ports.ts";
import type { SessionService } from "./service.ts";
import { issuerProcedure, operatorProcedure, publicProcedure, router } from "./trpc.ts";

const noInput = z.undefined();
/** A caller in the same process may bring no signal. */
const neverAborted = new AbortController().signal;

/** `createSession`, `cancelSession`, `listSessions`: the caller's own, with an issuer credential. */
export function createChatSessionRouter(service: SessionService) {
  return router({
    createSession: issuerProcedure
      .input(createSessionInput)
      .output(chatSession)
      .mutation(({ ctx, input, signal }) => service.createSession(ctx.caller, input, signal ?? neverAborted)),
    cancelSession: issuerProcedure
      .input(cancelSessionInput)
      .output(sessionSummary)
      .mutation(({ ctx, input, signal }) => service.cancelSession(ctx.caller, input, signal ?? neverAborted)),
    listSessions: issuerProcedure
      .input(listSessionsInput)
      .output(listSessionsOutput)
      .query(({ ctx, input, signal }) => service.listSessions(ctx.caller, input, signal ?? neverAborted)),
  });
}

/** `info`, for everybody. */
export function createSystemRouter(describe: DescribeSystem) {
  return router({
    info: publicProcedure
      .input(noInput)
      .output(systemInfo)
      .query(() => describe()),
  });
}

/** `status` and `verify`, for operators. */
export function createApiKeysRouter(report: ApiKeyReport) {
  return router({
    status: operatorProcedure
      .input(noInput)
      .output(apiKeyStatuses)
      .query(() => report.status()),
    verify: operatorProcedure
      .input(noInput)
      .output(apiKeyStatuses)
      .mutation(({ signal }) => report.check(signal ?? neverAborted)),
  });
}

export interface AppRouterParts {
  readonly service: SessionService;
  readonly describeSystem: DescribeSystem;
  readonly apiKeys: ApiKeyReport;
}

/** Everything the sidecar serves as procedures. */
export function createAppRouter({ service, describeSystem, apiKeys }: AppRouterParts) {
  return router({
    chatSession: createChatSessionRouter(service),
    system: createSystemRouter(describeSystem),
    apiKeys: createApiKeysRouter(apiKeys),
  });
}

export type AppRouter = ReturnType<typeof createAppRouter>;
export type ChatSessionRouter = ReturnType<typeof createChatSessionRouter>;
