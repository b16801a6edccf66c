// Files up and down: the direct upload, the second phase of a registered one, and the way back (protocol 1.7).

import type { AuthenticatedSession } from "@sidekit/chat-session";
import { ChatKitError, type Owner } from "@sidekit/chatkit";
import { attachmentSchema } from "@sidekit/chatkit/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import { assertFileTaken, maxFileBytes, type FileUpload } from "../attachments-by-profile.ts";
import { isForm, takeFormFile } from "../attachments-form.ts";
import { type Attachments } from "../attachments.ts";
import type { SealPurpose } from "../attachment-seals.ts";
import { EdgeError } from "../errors.ts";
import type { LimitedSession, RequestLimits } from "../request-limits.ts";
import { closeSignal } from "./close-signal.ts";

/** Boundaries, part headers and fields that are skipped. */
const formOverheadBytes = 65_536;
/** The redirect is followed at once; a copied address is of no use. */
const redirectTtlSeconds = 60;
/** An image that is opened by itself is a page of its own, in which nothing may run. */
const imagePolicy = "default-src 'none'; sandbox";
const sealQuery = z.object({ seal: z.string() });

export interface AttachmentRoutesOptions {
  readonly attachments: Attachments;
  readonly limits: RequestLimits;
  readonly fileUploadOf: (session: AuthenticatedSession) => FileUpload;
}

interface ById {
  Params: { id: string };
}

export async function attachmentRoutes(
  app: FastifyInstance,
  options: AttachmentRoutesOptions,
): Promise<void> {
  const { attachments, limits, fileUploadOf } = options;
  const { disk, elsewhere, seals } = attachments;

  // The bytes are read by whoever stores them.
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));

  const direct = { config: { credential: "session", anyBody: true } } as const;
  app.post("/chatkit/attachments", direct, (request, reply) =>
    answerUpload(request, reply, async () => {
      const session = request.session;
      if (session === null) throw new EdgeError("unauthenticated");
      limits.admit(session, null);
      request.awaitUpload();
      const upload = fileUploadOf(session);
      assertFileTaken(upload, 0);
      if (disk === null) throw new ChatKitError("not_configured");
      if (!isForm(request)) throw new EdgeError("unsupported_media_type");
      const sent = lengthOf(request);
      if (sent !== null && sent > maxFileBytes(upload) + formOverheadBytes) {
        throw new ChatKitError("attachment_too_large");
      }
      const size = Math.min(sent ?? Infinity, maxFileBytes(upload));
      return takeFormFile(request, ({ name, type, content }) =>
        disk.receiveNew(session.owner, { name, mime_type: type, size }, content, closeSignal(reply)),
      );
    }),
  );

  app.route<ById>({
    method: ["PUT", "POST"],
    url: "/chatkit/attachments/:id",
    config: { credential: "session-or-seal", anyBody: true },
    handler: (request, reply) =>
      answerUpload(request, reply, async () => {
        const owner = ownerOf(request, "upload");
        limits.admit(countedFor(request, owner), null);
        request.awaitUpload();
        const { id } = request.params;
        if (disk === null) throw new ChatKitError("not_configured");
        if (!isForm(request)) {
          const type = request.headers["content-type"] ?? null;
          return disk.receive(owner, id, { content: request.raw, type }, closeSignal(reply));
        }
        return takeFormFile(request, ({ type, content }) =>
          disk.receive(owner, id, { content, type }, closeSignal(reply)),
        );
      }),
  });

  const download = { credential: "session-or-seal", navigable: true, embeddable: true } as const;
  app.get<ById>("/chatkit/attachments/:id", { config: download }, async (request, reply) => {
    const owner = ownerOf(request, "download");
    limits.admit(countedFor(request, owner), null);
    const { id } = request.params;
    if (elsewhere !== null) {
      const address = await elsewhere.addressOf(owner, id, redirectTtlSeconds, closeSignal(reply));
      return reply.header("cross-origin-resource-policy", "cross-origin").redirect(address, 302);
    }
    if (disk === null) throw new ChatKitError("not_found");
    const { attachment, size, stream } = await disk.open(owner, id, closeSignal(reply));
    const isImage = attachment.type === "image";
    return reply
      .headers({
        "content-type": isImage ? attachment.mime_type : "application/octet-stream",
        "content-length": size,
        "content-disposition": `${isImage ? "inline" : "attachment"}; filename*=UTF-8''${encoded(attachment.name)}`,
        "content-security-policy": imagePolicy,
        "cross-origin-resource-policy": "cross-origin",
      })
      .send(stream);
  });

  /** The bearer's, or the one whom the address was made for. */
  function ownerOf(request: FastifyRequest<ById>, purpose: SealPurpose): Owner {
    if (request.session !== null) return request.session.owner;
    const query = sealQuery.safeParse(request.query);
    const owner = query.success ? seals.open(purpose, request.params.id, query.data.seal) : null;
    if (owner === null) throw new EdgeError("unauthenticated");
    return owner;
  }
}

/** An upload that was refused half-way leaves bytes on the connection: it carries the answer and nothing after. */
async function answerUpload(
  request: FastifyRequest,
  reply: FastifyReply,
  upload: () => Promise<unknown>,
): Promise<FastifyReply> {
  try {
    // Neither what is private nor where the bytes were to go leaves.
    const { upload_descriptor: _done, ...attachment } = attachmentSchema.parse(await upload());
    return reply.header("content-type", "application/json; charset=utf-8").send(JSON.stringify(attachment));
  } catch (error) {
    void reply.header("connection", "close");
    throw error;
  } finally {
    request.raw.resume();
  }
}

/** Addresses are counted by their owner, as sessions are by their id. */
function countedFor(request: FastifyRequest, owner: Owner): LimitedSession {
  return request.session ?? { id: JSON.stringify([owner.tenant, owner.user]), requestsPerMinute: 1 };
}

function lengthOf(request: FastifyRequest): number | null {
  const length = request.headers["content-length"];
  return length === undefined ? null : Number(length);
}

/** RFC 8187. */
function encoded(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
}
