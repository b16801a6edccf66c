// The procedures: each an input schema, an output schema and one call. Importable by any app with tRPC.

import { tracked, type TrackedEnvelope } from "@trpc/server";
import { z } from "zod";

import {
  apiKeyStatuses,
  auditInput,
  auditOutput,
  cancelAllSessionsInput,
  cancelAllSessionsOutput,
  cancelSessionInput,
  chatSession,
  createSessionInput,
  examination,
  listSessionsInput,
  listSessionsOutput,
  sessionEvent,
  sessionEventsInput,
  sessionStreamError,
  sessionSummary,
  systemInfo,
  type SessionEvent,
} from "./contract.ts";
import { ChatSessionError } from "./errors.ts";
import type { ApiKeyReport, DescribeSystem, Examine, ReadAudit } from "./ports.ts";
import type { SessionService } from "./service.ts";
import type { NamedSessionEvent } from "./session-events.ts";
import { issuerProcedure, operatorProcedure, publicProcedure, router } from "./trpc.ts";

const noInput = z.undefined();
/** A caller in the same process may bring no signal. */
const neverAborted = new AbortController().signal;

/** The life of the caller's own sessions, with an issuer credential. */
export function createChatSessionRouter(service: SessionService) {
  return router({
    createSession: issuerProcedure
      .input(createSessionInput)
      .output(chatSession)
      .mutation(({ ctx, input, signal }) =>
        service.createSession(ctx.caller, input, signal ?? neverAborted, ctx.source),
      ),
    cancelSession: issuerProcedure
      .input(cancelSessionInput)
      .output(sessionSummary)
      .mutation(({ ctx, input, signal }) => service.cancelSession(ctx.caller, input, signal ?? neverAborted)),
    cancelAllSessions: issuerProcedure
      .input(cancelAllSessionsInput)
      .output(cancelAllSessionsOutput)
      .mutation(({ ctx, input, signal }) =>
        service.cancelAllSessions(ctx.caller, input, signal ?? neverAborted),
      ),
    listSessions: issuerProcedure
      .input(listSessionsInput)
      .output(listSessionsOutput)
      .query(({ ctx, input, signal }) => service.listSessions(ctx.caller, input, signal ?? neverAborted)),
    onSessionEvent: issuerProcedure
      .input(sessionEventsInput)
      // Its output is checked event by event.
      .subscription(({ ctx, input, signal }) =>
        trackedEvents(service.followSessions(ctx.caller, input, signal ?? neverAborted)),
      ),
  });
}

/** `info`, for everybody, and `doctor` and `audit`, for operators. */
export function createSystemRouter(describe: DescribeSystem, examine: Examine, readAudit: ReadAudit) {
  return router({
    audit: operatorProcedure
      .input(auditInput)
      .output(auditOutput)
      .query(({ input }) => readAudit(input)),
    doctor: operatorProcedure
      .input(noInput)
      .output(examination)
      .mutation(async ({ signal }) => ({ findings: await examine(signal ?? neverAborted) })),
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
  /** Absent where the server has nothing to tell beyond its readiness. */
  readonly examine?: Examine;
  /** Absent where no trail is kept. */
  readonly readAudit?: ReadAudit;
}

const nothingFound: Examine = async () => [];
const nothingKept: ReadAudit = () => ({ data: [], hasMore: false });

/** Everything the sidecar serves as procedures. */
export function createAppRouter({
  service,
  describeSystem,
  apiKeys,
  examine = nothingFound,
  readAudit = nothingKept,
}: AppRouterParts) {
  return router({
    chatSession: createChatSessionRouter(service),
    system: createSystemRouter(describeSystem, examine, readAudit),
    apiKeys: createApiKeysRouter(apiKeys),
  });
}

export type AppRouter = ReturnType<typeof createAppRouter>;
export type ChatSessionRouter = ReturnType<typeof createChatSessionRouter>;

/**
 * Refusals that a return can mend are thrown: the library's client comes back by itself on those of its 500 group. It
 * would do so on a fault of ours as well, in a tight circle: that is told in the stream, which then ends (section 6).
 */
async function* trackedEvents(
  events: AsyncIterable<NamedSessionEvent>,
): AsyncGenerator<TrackedEnvelope<SessionEvent> | z.infer<typeof sessionStreamError>, undefined> {
  try {
    for await (const { id, event } of events) yield tracked(id, sessionEvent.parse(event));
  } catch (failure) {
    if (failure instanceof ChatSessionError && failure.code !== "internal") throw failure;
    yield sessionStreamError.parse({ type: "error", code: "stream.error", allow_retry: true });
  }
}
