import { readFileSync } from "node:fs";
import { join } from "node:path";

import { errorTable as sessionErrors } from "@sidekit/chat-session";
import { errorTable as chatErrors } from "@sidekit/chatkit";
import { expect, test } from "vitest";

import { edgeAnswer, edgeErrorTable, type EdgeErrorCode } from "./errors.ts";

test("docs/errors.md lists exactly the codes and statuses that leave the process", () => {
  const edge = (Object.keys(edgeErrorTable) as EdgeErrorCode[]).map((code) => edgeAnswer(code));
  const raised = new Set([
    ...edge.map(({ code, httpStatus }) => `${code} ${httpStatus}`),
    ...Object.entries(sessionErrors).map(([code, { httpStatus }]) => `${code} ${httpStatus}`),
    ...Object.values(chatErrors).map(({ code, httpStatus }) => `${code} ${httpStatus}`),
  ]);
  const text = readFileSync(join(import.meta.dirname, "../../../docs/errors.md"), "utf8");
  const listed = [...text.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \|/gm)].map(
    ([, code, status]) => `${code} ${status}`,
  );
  expect(listed.toSorted()).toEqual([...raised].toSorted());
});
