import { expect, test } from "vitest";

import { createAllowLists } from "./allow-lists.ts";

const derived = createAllowLists({ host: "127.0.0.1", port: 4310, hosts: null, origins: null });

test("derived lists hold the literal bound address and nothing else", () => {
  expect(derived.hostAllowed("127.0.0.1:4310")).toBe(true);
  expect(derived.originAllowed("http://127.0.0.1:4310")).toBe(true);
  expect(derived.publicUrl).toBe("http://127.0.0.1:4310");
});

// S12, S13: names that mean the same address to a resolver or a URL parser are still other names.
test.each([
  "",
  "evil.example",
  "localhost:4310",
  "localhost.:4310",
  "2130706433:4310",
  "127.1:4310",
  "0x7f.1:4310",
  "[::ffff:127.0.0.1]:4310",
  "0.0.0.0:4310",
  "127.0.0.2:4310",
  "user@127.0.0.1:4310",
  "127.0.0.1:4310/x",
  "127.0.0.1:4310#x",
  "127.0.0.1",
  "127.0.0.1:4311",
  "１２７.0.0.1:4310",
])("S12, S13: host %j is refused", (field) => {
  expect(derived.hostAllowed(field)).toBe(false);
});

test.each([
  "null",
  "http://127.0.0.1",
  "https://127.0.0.1:4310",
  "http://127.0.0.1:4310/",
  "HTTP://127.0.0.1:4310",
])("S17: origin %j is refused", (field) => {
  expect(derived.originAllowed(field)).toBe(false);
});

test("a default port may be left out, letter case does not matter", () => {
  const lists = createAllowLists({
    host: "127.0.0.1",
    port: 4310,
    hosts: ["chat.example.com"],
    origins: null,
  });
  expect(lists.hostAllowed("Chat.Example.com:443")).toBe(true);
  expect(lists.hostAllowed("chat.example.com:4310")).toBe(false);
  expect(lists.originAllowed("https://chat.example.com")).toBe(true);
  expect(lists.publicUrl).toBe("https://chat.example.com");
  expect(lists.boundUrl).toBe("http://127.0.0.1:4310");
});
