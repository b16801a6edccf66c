// The files in the composer: each is checked, uploaded at once, and sent with the next message.

import type { Attachment, ChatKitOptions } from "@openai/chatkit";

import type { ChatContext } from "./chat.ts";
import { failureOf } from "./failure.ts";

type Limits = NonNullable<NonNullable<ChatKitOptions["composer"]>["attachments"]>;

export interface ComposerFile {
  readonly key: string;
  readonly name: string;
  /** Null for an attachment that the page has uploaded itself. */
  readonly file: File | null;
  readonly state: "uploading" | "ready" | "failed";
  /** Why it failed: a rule of the page, or the server's code. */
  readonly problem: {
    readonly code: string;
    readonly message: string | null;
    readonly canRetry: boolean;
  } | null;
  /** Of the upload, from 0 to 1; null where nobody can tell. */
  readonly progress: number | null;
  readonly attachment: Attachment | null;
}

export interface Files {
  /** Uploads what the limits allow; the rest is listed with its problem. */
  addFiles(files: readonly File[], limits: Limits): void;
  /** Puts attachments that are on the server already in the place of everything that goes with the draft. */
  setAttachments(attachments: readonly Attachment[]): void;
  retryFile(key: string): void;
  /** Takes it out of the message, and has the server delete what was uploaded here; what the page has uploaded is its own. */
  removeFile(key: string): void;
  /** The attachments that are ready, which from now on belong to a message. */
  takeFiles(): readonly Attachment[];
}

const maxSizeBytes = 100 * 1024 * 1024;
const maxCount = 10;

export function createFiles({ client, emit, get, update, newId }: ChatContext): Files {
  const uploads = new Map<string, AbortController>();

  return {
    addFiles: (files, limits) => {
      for (const file of files) {
        const key = newId();
        const problem = problemOf(file, limits, get().files.length);
        const common = { key, name: file.name, file, progress: null, attachment: null };
        if (problem === null) {
          update({ files: [...get().files, { ...common, state: "uploading", problem: null }] });
          void upload(key, file);
        } else {
          const shown = { code: problem, message: null, canRetry: false };
          update({ files: [...get().files, { ...common, state: "failed", problem: shown }] });
        }
      }
    },

    setAttachments: (attachments) => {
      for (const { key } of get().files) drop(key);
      const rows = attachments.map((attachment): ComposerFile => ({
        key: newId(),
        name: attachment.name,
        file: null,
        state: "ready",
        problem: null,
        progress: null,
        attachment,
      }));
      update({ files: rows });
    },

    retryFile: (key) => {
      const found = get().files.find((it) => it.key === key);
      if (found?.file == null) return;
      put(key, { state: "uploading", problem: null, progress: null });
      void upload(key, found.file);
    },

    removeFile: drop,

    takeFiles: () => {
      const taken = get().files.flatMap(({ attachment }) => (attachment === null ? [] : [attachment]));
      update({ files: [] });
      return taken;
    },
  };

  function drop(key: string): void {
    const found = get().files.find((it) => it.key === key);
    uploads.get(key)?.abort();
    update({ files: get().files.filter((it) => it.key !== key) });
    if (found?.attachment != null && found.file !== null) void remove(found.attachment.id);
  }

  async function upload(key: string, file: File): Promise<void> {
    const mine = new AbortController();
    uploads.set(key, mine);
    try {
      const attachment = await client().upload(file, mine.signal, (progress) => {
        if (!mine.signal.aborted) put(key, { progress });
      });
      if (mine.signal.aborted) await remove(attachment.id);
      else put(key, { state: "ready", attachment });
    } catch (error) {
      if (mine.signal.aborted) return;
      put(key, { state: "failed", problem: failureOf(error) });
      report(error);
    } finally {
      uploads.delete(key);
    }
  }

  async function remove(attachmentId: string): Promise<void> {
    try {
      await client().deleteAttachment(attachmentId, new AbortController().signal);
    } catch (error) {
      // It is out of the message; what nobody uses, the server removes by itself.
      report(error);
    }
  }

  function put(key: string, part: Partial<ComposerFile>): void {
    update({ files: get().files.map((it) => (it.key === key ? { ...it, ...part } : it)) });
  }

  function report(error: unknown): void {
    emit("chatkit.error", { error: error instanceof Error ? error : new Error(String(error)) });
  }
}

function problemOf(file: File, limits: Limits, count: number): string | null {
  if (count >= (limits.maxCount ?? maxCount)) return "too_many_files";
  if (file.size === 0) return "file_empty";
  if (file.size > sizeLimit(file.type, limits.maxSize)) return "file_too_large";
  return limits.accept === undefined || isAccepted(file, limits.accept) ? null : "file_type";
}

function sizeLimit(type: string, limit: Limits["maxSize"]): number {
  if (typeof limit === "number") return limit;
  if (limit === undefined) return maxSizeBytes;
  // The exact type says more than its family.
  const patterns = [type, ...Object.keys(limit)].filter((it) => it !== "*" && it !== "");
  const pattern = patterns.find((it) => limit[it] !== undefined && matches(type, it));
  return limit[pattern ?? "*"] ?? limit[""] ?? maxSizeBytes;
}

function isAccepted(file: File, accept: Readonly<Record<string, readonly string[]>>): boolean {
  const name = file.name.toLowerCase();
  return Object.entries(accept).some(
    ([type, endings]) =>
      matches(file.type, type) || endings.some((ending) => name.endsWith(ending.toLowerCase())),
  );
}

function matches(type: string, pattern: string): boolean {
  return (
    pattern === "*/*" || (pattern.endsWith("/*") ? type.startsWith(pattern.slice(0, -1)) : type === pattern)
  );
}
