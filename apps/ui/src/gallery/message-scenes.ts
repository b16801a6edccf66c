// Messages: what people write, and what answers are made of.

import { assistant, thread, user } from "./frames.ts";
import { picture } from "./picture.ts";
import type { Scene } from "./scenes.ts";

const markdown = `## Three rivers

The **Danube** passes through *ten* countries, more than any other river. ~~Nine~~ Ten it is.

| River | Length | Ends in |
| :-- | --: | :-- |
| Danube | 2,850 km | Black Sea |
| Rhine | 1,230 km | North Sea |
| Loire | 1,012 km | Atlantic |

1. Begin in Donaueschingen
2. Follow the water
   - by bicycle, or
   - by boat
- [x] Packed
- [ ] Booked

> All rivers run to the sea, yet the sea is not full.

More at [example.com](https://example.com/rivers).`;

const code = `Debounce it, and keep the types:

\`\`\`ts
// Calls after the last one of a burst.
export function debounce<Args extends unknown[]>(call: (...args: Args) => void, waitMs = 200) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...args: Args): void => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...args), waitMs);
  };
}
\`\`\`

In a shell, \`npm test\` runs it. The mean is $\\bar{x} = \\frac{1}{n} \\sum_{i=1}^{n} x_i$, and

$$
\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}
$$`;

const cited =
  "Sidekit speaks the ChatKit protocol. Its settings are environment variables, read once at the start.";
const sources = [
  {
    type: "annotation",
    index: 36,
    source: {
      type: "url",
      title: "ChatKit guide",
      url: "https://example.com/chatkit",
      attribution: "Example",
      description: "How a chat component and its server talk.",
    },
  },
  {
    type: "annotation",
    index: cited.length,
    source: { type: "file", title: "Settings", filename: "settings.md", description: "All variables." },
  },
  {
    type: "annotation",
    index: cited.length,
    source: { type: "entity", id: "ent_1", title: "Sidekit handbook", icon: "book-open", interactive: false },
  },
];

const said = (text: string, more: Readonly<Record<string, unknown>> = {}) => [thread(), user(text, more)];

export const messageScenes: readonly Scene[] = [
  {
    id: "markdown",
    title: "An answer in Markdown",
    says: "Tell me about three rivers",
    heightPx: 780,
    frames: [...said("Tell me about three rivers"), assistant(markdown)],
  },
  {
    id: "code",
    title: "Code and formulas",
    says: "How do I debounce a call?",
    heightPx: 620,
    frames: [...said("How do I debounce a call?"), assistant(code)],
  },
  {
    id: "sources",
    title: "An answer with sources",
    says: "Where are the settings?",
    heightPx: 400,
    frames: [...said("Where are the settings?"), assistant(cited, sources)],
  },
  {
    id: "message",
    title: "A message with a quotation, a mention and files",
    says: "What does it mean?",
    heightPx: 420,
    frames: [
      ...said("", {
        quoted_text: "All rivers run to the sea, yet the sea is not full.",
        content: [
          { type: "input_text", text: "What does it mean, " },
          { type: "input_tag", id: "ada", text: "Ada", data: {}, group: "People", interactive: false },
          { type: "input_text", text: "?\nThe picture is from yesterday." },
        ],
        attachments: [
          { type: "image", id: "atc_1", name: "dusk.png", mime_type: "image/png", preview_url: picture },
          { type: "file", id: "atc_2", name: "itinerary.pdf", mime_type: "application/pdf" },
        ],
      }),
      assistant("That what flows on is never finished."),
    ],
  },
  {
    id: "directions",
    title: "From right to left, and both ways",
    says: "ما هو سايدكيت؟",
    heightPx: 340,
    frames: [
      ...said("ما هو سايدكيت؟"),
      assistant(
        "سايدكيت خادم محادثة مفتوح.\n\n- يتحدث بروتوكول ChatKit\n- يحفظ المحادثات\n\nAnd this line runs the other way.",
      ),
    ],
  },
];
