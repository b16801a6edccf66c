// POST /v1/chatkit/sessions and its cancel: the hosted ChatKit API, kept in memory.

import { randomBytes } from "node:crypto";

import type { ChatSession } from "openai/resources/beta/chatkit/threads";
import { z } from "zod";

import { ApiFailure } from "./api-failure.ts";

const betaHeader = "chatkit_beta=v1";
const defaults = { ttlSeconds: 600, requestsPerMinute: 10, maxFileSizeMb: 512, maxFiles: 10 };

const createBody = z.strictObject({
  user: z.string().min(1),
  workflow: z.strictObject({
    id: z.string().min(1),
    version: z.string().optional(),
    state_variables: z
      .record(z.string().max(64), z.union([z.string().max(10_485_760), z.boolean(), z.number()]))
      .refine((variables) => Object.keys(variables).length <= 64)
      .optional(),
    tracing: z.strictObject({ enabled: z.boolean().optional() }).optional(),
  }),
  expires_after: z
    .strictObject({ anchor: z.literal("created_at"), seconds: z.int().min(1).max(600) })
    .optional(),
  rate_limits: z.strictObject({ max_requests_per_1_minute: z.int().min(1).optional() }).optional(),
  chatkit_configuration: z
    .strictObject({
      automatic_thread_titling: z.strictObject({ enabled: z.boolean().optional() }).optional(),
      file_upload: z
        .strictObject({
          enabled: z.boolean().optional(),
          max_file_size: z.int().min(1).max(512).optional(),
          max_files: z.int().min(1).optional(),
        })
        .optional(),
      history: z
        .strictObject({ enabled: z.boolean().optional(), recent_threads: z.int().min(1).optional() })
        .optional(),
    })
    .optional(),
});

export interface ChatKitSessions {
  create(body: unknown): ChatSession;
  cancel(id: string): ChatSession;
  /** As they stand now, oldest first. */
  list(): ChatSession[];
}

/** Every method throws ApiFailure for what the vendor would refuse. `now` is in milliseconds. */
export function createChatKitSessions(now: () => number): ChatKitSessions {
  const sessions = new Map<string, ChatSession>();
  return { create, cancel, list: () => [...sessions.values()].map(current) };

  function create(body: unknown): ChatSession {
    const parsed = createBody.safeParse(body);
    if (!parsed.success) throw invalid(parsed.error);
    const { data } = parsed;
    // The vendor looks a workflow up; one that does not look like one cannot be found.
    if (!data.workflow.id.startsWith("wf_")) {
      throw new ApiFailure(404, {
        message: "Workflow not found.",
        code: "workflow_not_found",
        param: "workflow.id",
      });
    }
    const session = newSession(data, Math.floor(now() / 1000));
    sessions.set(session.id, session);
    return session;
  }

  function cancel(id: string): ChatSession {
    const session = sessions.get(id);
    if (!session) throw new ApiFailure(404, { message: "Session not found.", code: "session_not_found" });
    const cancelled: ChatSession = { ...session, status: "cancelled" };
    sessions.set(id, cancelled);
    return cancelled;
  }

  function current(session: ChatSession): ChatSession {
    const expired = session.status === "active" && session.expires_at * 1000 <= now();
    return expired ? { ...session, status: "expired" } : session;
  }
}

/** Throws ApiFailure without the header that every call of this API carries. */
export function checkBetaHeader(header: string | undefined): void {
  if (header === betaHeader) return;
  throw new ApiFailure(400, {
    message: `The header OpenAI-Beta: ${betaHeader} is missing.`,
    code: "invalid_beta",
  });
}

function newSession(data: z.infer<typeof createBody>, createdAt: number): ChatSession {
  const { workflow, chatkit_configuration: asked } = data;
  const requestsPerMinute = data.rate_limits?.max_requests_per_1_minute ?? defaults.requestsPerMinute;
  const filesEnabled = asked?.file_upload?.enabled ?? false;
  return {
    id: `cksess_${randomBytes(24).toString("hex")}`,
    object: "chatkit.session",
    status: "active",
    expires_at: createdAt + (data.expires_after?.seconds ?? defaults.ttlSeconds),
    client_secret: `ek_${randomBytes(32).toString("hex")}`,
    user: data.user,
    workflow: {
      id: workflow.id,
      version: workflow.version ?? null,
      state_variables: workflow.state_variables ?? null,
      tracing: { enabled: workflow.tracing?.enabled ?? true },
    },
    rate_limits: { max_requests_per_1_minute: requestsPerMinute },
    max_requests_per_1_minute: requestsPerMinute,
    chatkit_configuration: {
      automatic_thread_titling: { enabled: asked?.automatic_thread_titling?.enabled ?? true },
      file_upload: {
        enabled: filesEnabled,
        max_file_size: filesEnabled ? (asked?.file_upload?.max_file_size ?? defaults.maxFileSizeMb) : null,
        max_files: filesEnabled ? (asked?.file_upload?.max_files ?? defaults.maxFiles) : null,
      },
      history: {
        enabled: asked?.history?.enabled ?? true,
        recent_threads: asked?.history?.recent_threads ?? null,
      },
    },
  };
}

function invalid(error: z.ZodError): ApiFailure {
  const [issue] = error.issues;
  const keys = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
  const param = [...(issue?.path ?? []), ...keys].join(".") || null;
  return keys.length > 0
    ? new ApiFailure(400, { message: "Unknown parameter.", code: "unknown_parameter", param })
    : new ApiFailure(400, { message: "Invalid parameter.", code: "invalid_value", param });
}
