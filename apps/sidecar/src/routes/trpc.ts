// Mounts the procedures. tRPC parses its own input, so the bounds on JSON are checked here on the text.

import {
  createProcedureContext,
  procedureResponseMeta,
  toChatSessionError,
  type AppRouter,
  type Caller,
} from "@sidekit/chat-session";
import { fastifyRequestHandler } from "@trpc/server/adapters/fastify";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { EdgeError } from "../errors.ts";
import { issuerAuthority } from "../plugins/credentials.ts";
import { assertBoundedJson, decodeUtf8 } from "../plugins/json-only.ts";

/** L8. A mint travels alone (S78). */
const maxBatchedCalls = 10;
const mintProcedure = "chatSession.createSession";

export interface TrpcRoutesOptions {
  readonly router: AppRouter;
  readonly callerByLaunchToken: (token: string) => Caller | null;
}

interface ProcedureRequest {
  Params: { path: string };
  Querystring: { input?: unknown };
}

export async function trpcRoutes(app: FastifyInstance, options: TrpcRoutesOptions): Promise<void> {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, boundedText(body));
    } catch (error) {
      done(error as EdgeError);
    }
  });

  const config = { credential: "procedure" } as const;
  const answer = (request: FastifyRequest<ProcedureRequest>, reply: FastifyReply) => {
    const { path } = request.params;
    refuseUnboundedBatch(path);
    if (typeof request.query.input === "string") assertBoundedJson(request.query.input);
    return fastifyRequestHandler({
      req: request,
      res: reply,
      path,
      router: options.router,
      createContext: () =>
        createProcedureContext({
          requestId: request.id,
          authority: issuerAuthority(request.headers.authorization, options.callerByLaunchToken),
        }),
      responseMeta: (given) => withChallenge(procedureResponseMeta(given), request),
      onError: ({ error }) => {
        const failure = toChatSessionError(error);
        request.appCode = failure.code;
        if (failure.code === "internal") request.log.error({ err: error.cause ?? error }, "request.failed");
      },
    });
  };
  app.get<ProcedureRequest>("/:path", { config }, answer);
  app.post<ProcedureRequest>("/:path", { config }, answer);
}

/** S47: whoever brought a credential is told that it is no good, whatever is wrong with it. */
function withChallenge(meta: ReturnType<typeof procedureResponseMeta>, request: FastifyRequest) {
  const challenge = meta.headers["www-authenticate"];
  if (challenge === 'Bearer realm="chatkit"' && request.headers.authorization !== undefined) {
    meta.headers["www-authenticate"] = `${challenge}, error="invalid_token"`;
  }
  return meta;
}

function boundedText(body: string | Buffer): string {
  const text = typeof body === "string" ? body : decodeUtf8(body);
  assertBoundedJson(text);
  return text;
}

function refuseUnboundedBatch(path: string): void {
  const calls = path.split(",");
  if (calls.length > maxBatchedCalls || (calls.length > 1 && calls.includes(mintProcedure))) {
    throw new EdgeError("invalid_request");
  }
}
