// Removes attachments that nobody uses: at the start, and every hour (S73, S157).

import type { AttachmentStore, Owner, ThreadStore } from "@sidekit/chatkit";

const unusedMs = 86_400_000;
const intervalMs = 3_600_000;
const batchRows = 100;
/** Of one sweep: what is left over waits for the next. */
const maxBatches = 100;
const callMs = 15_000;

export interface AttachmentsSweeper extends AsyncDisposable {
  /** One sweep, or the end of the one that goes on. Never rejects. */
  sweep(): Promise<void>;
}

export interface AttachmentsSweeperOptions {
  readonly records: Pick<
    ThreadStore,
    "listForgottenAttachments" | "loadAttachment" | "doomUnusedAttachment" | "deleteAttachment"
  >;
  readonly bytes: Pick<AttachmentStore, "delete">;
  /** Counts alone; a failure is worth a look. */
  readonly report: (swept: { readonly removed: number; readonly failed: number }) => void;
  readonly now?: () => number;
}

/** Sweeps at once. Disposing interrupts a sweep between two attachments. */
export function startAttachmentsSweeper(options: AttachmentsSweeperOptions): AttachmentsSweeper {
  const { records, bytes, report, now = Date.now } = options;
  const stop = new AbortController();
  let going: Promise<void> | null = null;

  const sweep = () => {
    going ??= sweepOnce().finally(() => (going = null));
    return going;
  };
  const timer = setInterval(() => void sweep(), intervalMs).unref();
  void sweep();
  return {
    sweep,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      stop.abort();
      await going;
    },
  };

  async function sweepOnce(): Promise<void> {
    let removed = 0;
    let failed = 0;
    try {
      for (let batch = 0; batch < maxBatches; batch++) {
        const page = { unusedBefore: now() - unusedMs, limit: batchRows };
        const rows = await records.listForgottenAttachments(page, deadline());
        // What failed is the oldest and comes again: the batch after it waits for a better hour.
        if (rows.length === 0 || failed > 0) break;
        for (const { owner, attachmentId } of rows) {
          if (stop.signal.aborted) break;
          try {
            await remove(owner, attachmentId);
            removed++;
          } catch {
            failed++;
          }
        }
        if (stop.signal.aborted) break;
      }
    } catch {
      failed++;
    }
    if (removed > 0 || (failed > 0 && !stop.signal.aborted)) report({ removed, failed });
  }

  async function remove(owner: Owner, attachmentId: string): Promise<void> {
    const attachment = await records.loadAttachment(owner, attachmentId, deadline());
    // A message may have taken it since it was listed, or may be about to.
    if (attachment !== null && !(await records.doomUnusedAttachment(owner, attachmentId, deadline()))) return;
    await bytes.delete(owner, attachmentId, deadline());
    await records.deleteAttachment(owner, attachmentId, deadline());
  }

  function deadline(): AbortSignal {
    return AbortSignal.any([stop.signal, AbortSignal.timeout(callMs)]);
  }
}
