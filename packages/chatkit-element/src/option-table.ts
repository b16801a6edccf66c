// Every option there is and what it takes. The vendor's types hold each table to all members of its option.

import type {
  ChatKitOptions,
  CommandsOption,
  ComposerOption,
  CustomApiConfig,
  DisclaimerOption,
  EntitiesOption,
  FontObject,
  HeaderOption,
  HistoryOption,
  HostedApiConfig,
  ModelOption,
  StartScreenOption,
  StartScreenPrompt,
  ThemeOption,
  ThreadItemActionsOption,
  ThreadOption,
  ToolOption,
  TypographyOption,
  UserMessageContent,
  WidgetsOption,
  ColorOption,
  FileUploadStrategy,
} from "@openai/chatkit";

import {
  anything,
  callback,
  either,
  flag,
  kind,
  list,
  number,
  object,
  type Members,
  oneOf,
  record,
  type Read,
  text,
} from "./option-readers.ts";

type Attachments = NonNullable<ComposerOption["attachments"]>;
type Action = NonNullable<HeaderOption["leftAction"]>;
type AnyMember<Union> = { [Name in Union extends unknown ? keyof Union : never]: unknown };

const tenths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const css = (property: string, takes: string) =>
  kind(takes, (value) => typeof value === "string" && CSS.supports(property, value));
const color = css("color", 'a CSS color, such as "#0f172a"');
const family = css("font-family", "a list of font families as CSS writes it");
const bytes = number("a number of bytes", 0, Number.MAX_SAFE_INTEGER);

const action = object<Action>({ icon: text, onClick: callback }, "icon", "onClick");

const scheme = oneOf("light", "dark");
const font = object<FontObject>(
  {
    family: text,
    src: text,
    weight: kind("a font weight", (value) => typeof value === "string" || typeof value === "number"),
    style: oneOf("normal", "italic", "oblique"),
    display: oneOf("auto", "block", "swap", "fallback", "optional"),
    unicodeRange: text,
  },
  "family",
  "src",
);
const themeMembers: Members<ThemeOption> = {
  colorScheme: scheme,
  radius: oneOf("pill", "round", "soft", "sharp"),
  density: oneOf("compact", "normal", "spacious"),
  typography: object<TypographyOption>({
    baseSize: oneOf(14, 15, 16, 17, 18),
    fontSources: list(font),
    fontFamily: family,
    fontFamilyMono: family,
  }),
  color: object<ColorOption>({
    grayscale: object<NonNullable<ColorOption["grayscale"]>>(
      { hue: number("degrees from 0 to 360", 0, 360), tint: oneOf(...tenths), shade: oneOf(...shades()) },
      "hue",
      "tint",
    ),
    accent: object<NonNullable<ColorOption["accent"]>>(
      { primary: color, level: oneOf(0, 1, 2, 3) },
      "primary",
    ),
    surface: object<NonNullable<ColorOption["surface"]>>(
      { background: color, foreground: color },
      "background",
      "foreground",
    ),
  }),
};

const content = object<AnyMember<UserMessageContent>>(
  {
    type: oneOf("input_text", "input_tag"),
    text,
    id: text,
    group: text,
    data: record(anything),
    interactive: flag,
  },
  "type",
  "text",
);

const composer = object<ComposerOption>({
  placeholder: text,
  attachments: object<Attachments>({
    enabled: flag,
    maxSize: either(bytes, record(bytes)),
    maxCount: number("a number of files", 0, Number.MAX_SAFE_INTEGER),
    accept: record(list(text)),
  }),
  tools: list(
    object<ToolOption>(
      {
        id: text,
        label: text,
        icon: text,
        shortLabel: text,
        placeholderOverride: text,
        pinned: flag,
        persistent: flag,
      },
      "id",
      "label",
      "icon",
    ),
  ),
  models: list(
    object<ModelOption>(
      { id: text, label: text, description: text, disabled: flag, default: flag },
      "id",
      "label",
    ),
  ),
  dictation: object<NonNullable<ComposerOption["dictation"]>>({ enabled: flag }),
});

export const readOptionTable: Read = object<ChatKitOptions>({
  api: object<AnyMember<CustomApiConfig | HostedApiConfig>>({
    url: text,
    fetch: callback,
    domainKey: text,
    uploadStrategy: object<AnyMember<FileUploadStrategy>>(
      { type: oneOf("two_phase", "direct"), uploadUrl: text },
      "type",
    ),
    getClientSecret: callback,
  }),
  locale: text,
  theme: either(scheme, object<ThemeOption>(themeMembers)),
  frameTitle: text,
  initialThread: kind("the id of a thread, or null", (value) => value === null || typeof value === "string"),
  onClientTool: callback,
  header: object<HeaderOption>({
    enabled: flag,
    title: object<NonNullable<HeaderOption["title"]>>({ enabled: flag, text }),
    leftAction: action,
    rightAction: action,
  }),
  history: object<HistoryOption>({ enabled: flag, showDelete: flag, showRename: flag }),
  startScreen: object<StartScreenOption>({
    greeting: text,
    prompts: list(
      object<StartScreenPrompt>(
        { label: text, prompt: either(text, list(content)), icon: text },
        "label",
        "prompt",
      ),
    ),
  }),
  threadItemActions: object<ThreadItemActionsOption>({ feedback: flag, retry: flag }),
  composer,
  disclaimer: object<DisclaimerOption>({ text, highContrast: flag }, "text"),
  entities: object<EntitiesOption>({
    onTagSearch: callback,
    showComposerMenu: flag,
    onClick: callback,
    onRequestPreview: callback,
  }),
  commands: object<CommandsOption>({ enabled: flag, onSearch: callback, onSelect: callback }),
  widgets: object<WidgetsOption>({ onAction: callback }),
  thread: object<ThreadOption>({ autoScroll: flag }),
});

function shades(): number[] {
  return tenths.slice(0, 9).map((step) => step - 4);
}
