import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { contentOf, type Draft, draftOf, emptyDraft, retype, tagAt, tagEnd, tagLabel } from "./draft.ts";

const ada = { id: "1", title: "Ada" };
const bob = { id: "2", title: "Bob Stone", group: "People", data: { role: "lead" }, interactive: true };

/** Types like a user: what is put in stands before the caret. */
function typed(draft: Draft, from: number, to: number, words: string, entity?: typeof ada): Draft {
  const text = draft.text.slice(0, from) + words + draft.text.slice(to);
  return retype(draft, text, {
    caret: from + words.length,
    added: entity === undefined ? null : { start: from, entity },
  });
}

function withTags(): Draft {
  const one = typed({ ...emptyDraft, text: "Ask @a today" }, 4, 6, tagLabel(ada), ada);
  return typed(one, 8, 8, ` or ${tagLabel(bob)}`);
}

describe("a draft", () => {
  test("becomes parts in their order, without the white space around the whole", () => {
    const draft = draftOf([
      { type: "input_text", text: "  Ask " },
      {
        type: "input_tag",
        id: "2",
        text: "Bob Stone",
        group: "People",
        data: { role: "lead" },
        interactive: true,
      },
      { type: "input_text", text: "\n" },
    ]);
    expect(draft.text).toBe("  Ask @Bob Stone\n");
    expect(contentOf(draft)).toEqual([
      { type: "input_text", text: "Ask " },
      {
        type: "input_tag",
        id: "2",
        text: "Bob Stone",
        group: "People",
        data: { role: "lead" },
        interactive: true,
      },
    ]);
    expect(contentOf(draftOf(" \n "))).toEqual([]);
  });

  test("keeps a tag when something is typed before, behind and right beside it", () => {
    let draft = typed(draftOf([{ type: "input_tag", id: "1", text: "Ada" }]), 0, 0, "To ");
    draft = typed(draft, draft.text.length, draft.text.length, "!");
    draft = typed(draft, 0, 0, "x");
    expect(draft.text).toBe("xTo @Ada!");
    expect(draft.tags).toMatchObject([{ start: 4, entity: { id: "1" } }]);
    expect(tagAt(draft, 8)?.entity.id).toBe("1");
    expect(tagAt(draft, 4)).toBeNull();
  });

  test("lets go of a tag whose letters were changed, and undoing brings it back", () => {
    const whole = withTags();
    const cut = typed(whole, 6, 7, "");
    expect(cut.tags).toEqual([]);
    const back = retype(cut, whole.text, { caret: 7, isHistory: true });
    expect(back.tags).toEqual(whole.tags);
    expect(back.lost).toEqual([]);
    const typedAgain = retype(cut, whole.text, { caret: 7 });
    expect(typedAgain.tags).toEqual([]);
  });

  test("of two tags that read the same, the caret tells which one went", () => {
    const other = { ...ada, id: "9" };
    const two = typed(typed(emptyDraft, 0, 0, "@Ada", ada), 4, 4, "@Ada", other);
    expect(two.tags.map(({ entity }) => entity.id)).toEqual(["1", "9"]);
    expect(typed(two, 0, 4, "").tags).toEqual([{ start: 0, entity: other }]);
    expect(typed(two, 4, 8, "").tags).toEqual([{ start: 0, entity: ada }]);
  });

  test("after any edits its tags read as their labels, do not overlap, and no letter is lost on the way out", () => {
    const edit = fc.record({
      from: fc.nat(60),
      length: fc.nat(8),
      words: fc.constantFrom("", "a", "@", "@Ada", " ", "\n", "ü🙂"),
      entity: fc.option(fc.constantFrom(ada, bob), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
        let draft = emptyDraft;
        for (const { from, length, words, entity } of edits) {
          const at = Math.min(from, draft.text.length);
          const to = Math.min(at + length, draft.text.length);
          draft = typed(draft, at, to, entity === undefined ? words : tagLabel(entity), entity);
        }
        let end = 0;
        for (const tag of draft.tags) {
          expect(tag.start).toBeGreaterThanOrEqual(end);
          end = tagEnd(tag);
          expect(draft.text.slice(tag.start, end)).toBe(tagLabel(tag.entity));
        }
        const out = contentOf(draft).map((part) => (part.type === "input_tag" ? `@${part.text}` : part.text));
        expect(out.join("").trim()).toBe(draft.text.trim());
      }),
      { numRuns: 500 },
    );
  });
});
