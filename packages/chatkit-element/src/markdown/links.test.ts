import { describe, expect, test } from "vitest";

import { decodeEntities } from "./entities.ts";
import { linkTarget, mayLoadImage, namesAnotherHost, withoutTricks } from "./links.ts";

describe("a link", () => {
  test.each(["https://example.com/a?b=1", "http://example.com/", "mailto:mail@example.com"])(
    "may lead to %s",
    (href) => {
      expect(linkTarget(href)).toMatchObject({ kind: "web", href });
    },
  );

  test.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://example.com/1",
    "//example.com/a",
    "/relative",
    "",
  ])("S110: may not lead to %j", (href) => {
    expect(linkTarget(href)).toBeNull();
  });

  test("into the page becomes its name and data", () => {
    expect(linkTarget("chatkit-link://open-order?id=12")).toEqual({
      kind: "deeplink",
      name: "open-order",
      data: { id: "12" },
    });
  });
});

test.each([
  ["bank.example", "evil.example", true],
  ["https://bank.example/login", "evil.example", true],
  ["https://bank.example@evil.example", "evil.example", true],
  ["www.bank.example", "bank.example", false],
  ["bank.example", "login.bank.example", false],
  ["login.bank.example", "bank.example", true],
  ["b\u0430nk.example", "xn--bnk-6cd.example", false],
  ["b\u0430nk.example", "bank.example", true],
  ["Read more", "evil.example", false],
  ["version 1.2.3", "evil.example", false],
  ["mail@bank.example", "mail@bank.example", false],
])("words %j over a link to %s: another host is named: %s", (words, host, expected) => {
  expect(namesAnotherHost(words, host)).toBe(expected);
});

test("what would turn the order of a text, or hide in it, is taken out; joiners that scripts need stay", () => {
  expect(withoutTricks("exe.\u202Egnp\u202C\u200B\uFEFF")).toBe("exe.gnp\u202C");
  expect(withoutTricks("👩\u200D🚀 \u200Fשלום")).toBe("👩\u200D🚀 \u200Fשלום");
});

test("S110: a picture is loaded over https and from exactly the hosts that are allowed", () => {
  const hosts = ["images.example.com"];
  expect(mayLoadImage("https://images.example.com/a.png", hosts)).toBe(true);
  expect(mayLoadImage("http://images.example.com/a.png", hosts)).toBe(false);
  expect(mayLoadImage("https://evil.images.example.com/a.png", hosts)).toBe(false);
  expect(mayLoadImage("https://images.example.com.evil.org/a.png", hosts)).toBe(false);
  expect(mayLoadImage("https://images.example.com/a.png", [])).toBe(false);
});

test("character references are read, unknown ones stay, and none makes a character that is not one", () => {
  expect(decodeEntities("a &amp; b &lt;i&gt; &#65;&#x42; &mdash;")).toBe("a & b <i> AB —");
  expect(decodeEntities("&unknown; &amp &#xD800; &#0; &#9999999;")).toBe(
    "&unknown; &amp \uFFFD \uFFFD \uFFFD",
  );
});
