import { describe } from "vitest";

import { createMemoryThreadStore } from "./memory.ts";
import { threadStoreSuite } from "./thread-store.suite.ts";

describe("thread store in memory", () => {
  threadStoreSuite(async () => createMemoryThreadStore());
});
