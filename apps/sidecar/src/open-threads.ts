// The thread store of the data directory, or a sentence for the person who starts the process.

import { join } from "node:path";

import { ChatKitError, type ObserveChatKit } from "@sidekit/chatkit";
import { openSqliteThreadStore, type SqliteThreadStore } from "@sidekit/chatkit/thread-stores/sqlite";

import { StartError } from "./start-error.ts";

/** Throws StartError. */
export async function openThreads(dataDir: string, observe: ObserveChatKit): Promise<SqliteThreadStore> {
  try {
    return await openSqliteThreadStore({ path: join(dataDir, "sidekit.sqlite"), observe });
  } catch (cause) {
    if (!(cause instanceof ChatKitError)) throw cause;
    if (cause.reason === "store_in_use") {
      throw new StartError(
        "Another Sidekit uses this data directory. Stop it, or name another one with SIDEKIT_DATA_DIR.",
        { cause, exitStatus: 75 },
      );
    }
    throw new StartError(`${cause.message} It is sidekit.sqlite in the data directory.`, { cause });
  }
}
