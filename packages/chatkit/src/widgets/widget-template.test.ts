import { describe, expect, test } from "vitest";

import { ChatKitError } from "../errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import { loadWidgetTemplate } from "./widget-template.ts";

const file = (template: string, version = "1.0") =>
  JSON.stringify({ version, name: "Ticket", template, jsonSchema: { type: "object" }, encodedWidget: "x" });

const build = (template: string, data?: JsonObject) => loadWidgetTemplate(file(template)).build(data);

/** What the template writes, as the value of a card's member. */
const written = (template: string, data?: JsonObject) =>
  build(`{"type":"Card","shown":${template}}`, data).shown;

describe("a widget template (N18)", () => {
  test("gives its name and the same tree each time", () => {
    const template = loadWidgetTemplate(file('{"type":"Card","children":[]}'));
    expect(template.name).toBe("Ticket");
    expect(template.build()).toEqual(template.build({ unused: 1 }));
  });

  test("builds rows as the editor writes them: each with a leading comma, the first one cut off", () => {
    const template = [
      '{"type":"ListView","children":[',
      "{%- set rows -%}{%- for row in rows -%},",
      '{"type":"ListViewItem","key":{{ row.key | tojson }},"children":[{"type":"Text","value":{{ row.text | tojson }}}]}',
      "{%- endfor -%}{%- endset -%}{{ rows[1:] }}]}",
    ].join("\n");
    const rows = [
      { key: "a", text: 'Quote " and </script>' },
      { key: "b", text: "{{ not a tag }}" },
    ];
    expect(build(template, { rows })).toEqual({
      type: "ListView",
      children: rows.map(({ key, text }) => {
        return { type: "ListViewItem", key, children: [{ type: "Text", value: text }] };
      }),
    });
  });

  test("leaves out null members and null rows", () => {
    expect(
      build('{"type":"Card","padding":{{ (none) | tojson }},"children":[null,{"type":"Spacer"}]}'),
    ).toEqual({
      type: "Card",
      children: [{ type: "Spacer" }],
    });
  });

  const data = { n: 4, t: true, s: "hello", xs: [1, 2, 3], o: { x: "X" }, z: null, e: "a😀b" };
  const expressions: [string, unknown][] = [
    ['{{ ("#" ~ n ~ " " ~ z ~ t) | tojson }}', "#4 NoneTrue"],
    ["{{ (1 if t else 2) | tojson }}", 1],
    ["{{ missing | default(7) }}", 7],
    ["{{ o.nope | default('d') | tojson }}", "d"],
    ["{{ '' | default('d', true) | tojson }}", "d"],
    ["{{ ('</' ~ \"&'\") | tojson | tojson }}", '"\\u003c/\\u0026\\u0027"'],
    ["{{ (t and not (n > 4)) | tojson }}", true],
    ["{{ (z is not none or missing is defined) | tojson }}", false],
    ["{{ xs[1:] | tojson }}", [2, 3]],
    ["{{ xs[:-1] | tojson }}", [1, 2]],
    ["{{ e[1:2] | tojson }}", "😀"],
    ["{{ (1 + 2 * 3 - 4) }}", 3],
    ["{{ ('x' in o and 9 not in xs) | tojson }}", true],
    ["[{% for x in xs %}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}]", [1, 2, 3]],
    ["[{% for x in [] %}{{ x }}{% else %}0{% endfor %}]", [0]],
    ["{% if n == 3 %}3{% elif n == 4 %}4{% else %}5{% endif %}", 4],
    ["{% set v = 1 %}{% for x in xs %}{% set v = x %}{% endfor %}{{ v }}", 1],
    ["{# a note with }} #}1", 1],
    ["{{ (-n) }}", -4],
    ["{{ -n | default(1) | tojson }}", -4],
    ["{{ '}}' | tojson }}", "}}"],
    ["{{ o.constructor | default(1) }}", 1],
    ["{{ s.length | default(1) }}", 1],
  ];
  test.each(expressions)("%s", (template, expected) => {
    expect(written(template, data)).toEqual(expected);
  });
});

describe("a template is refused", () => {
  const malformed: [string, string][] = [
    ["that is no JSON", "{"],
    ["of another version", file('{"type":"Card","children":[]}', "2.0")],
    ["with a tag that is not closed", file("{{ a")],
    ["with a block that is not closed", file("{% if a %}")],
    ["with a block that was not opened", file("{% endif %}")],
    ["with an unknown filter", file("{{ a | shout }}")],
    ["with a call", file("{{ range(9) }}")],
    ["with an unknown statement", file('{% include "x" %}')],
    ["with chained comparisons", file("{{ 1 < a < 9 }}")],
    ["with a filtered loop", file("{% for x in xs if x %}{% endfor %}")],
    ["with two expressions in one tag", file("{{ a b }}")],
  ];
  test.each(malformed)("%s", (_, text) => {
    expect(() => loadWidgetTemplate(text)).toThrow(ChatKitError);
  });

  test("in time, when thousands of quotes are left open", () => {
    const started = performance.now();
    expect(() => loadWidgetTemplate(file(`{{ ${'"a" '.repeat(5_000)}`))).toThrow(ChatKitError);
    expect(performance.now() - started).toBeLessThan(500);
  });

  const unbuildable: [string, string][] = [
    ["whose variable is missing", "{{ missing | tojson }}"],
    ["that asks a missing variable", "{% if missing %}1{% else %}2{% endif %}"],
    ["that compares a missing member", "{{ (o.nope == 1) | tojson }}"],
    ["that goes through what is no list", "[{% for x in n %}{% endfor %}]"],
    ["that writes a list as it is", "{{ xs }}"],
    ["that adds a number to a text", "{{ 'a' + n }}"],
    ["that writes no JSON", "{{ 'a' }}"],
  ];
  test.each(unbuildable)("%s", (_, template) => {
    expect(() => written(template, { n: 4, o: {}, xs: [1] })).toThrow(ChatKitError);
  });

  test("that is no root, or beyond the bounds (S113)", () => {
    expect(() => build('{"type":"Text","value":"x"}')).toThrow(ChatKitError);
    const value = "x".repeat(256 * 1_024);
    expect(() =>
      build('{"type":"Card","children":[{"type":"Text","value":{{ value | tojson }}}]}', { value }),
    ).toThrow(ChatKitError);
  });
});
