// Text of all kinds, and badges.

import { type CSSProperties, useState } from "react";

import { isRecord } from "../client/wire-values.ts";
import { Markdown } from "../view/markdown.tsx";
import { EditableText } from "./fields.tsx";
import { useFieldId } from "./form.tsx";
import { countIn, flagIn, textIn, type WidgetNode, wordIn } from "./nodes.ts";
import { colorOf, sizeOf } from "./style-values.ts";

const textSizes = ["xs", "sm", "md", "lg", "xl"] as const;
const titleSizes = ["sm", "md", "lg", "xl", "2xl", "3xl", "4xl", "5xl"] as const;
const mostLines = 100;

export function TextView({ node }: { node: WidgetNode }) {
  const value = textIn(node, "value") ?? "";
  const isStreaming = flagIn(node, "streaming");
  const { editable } = node;
  const isEditable = isRecord(editable) && typeof editable["name"] === "string";
  const look = {
    className: "w-text",
    "data-size": wordIn(node, "size", textSizes) ?? "md",
    "data-italic": flagIn(node, "italic") || undefined,
    "data-struck": flagIn(node, "lineThrough") || undefined,
    style: textStyle(node),
  };
  if (isEditable) {
    return (
      <div {...look}>
        <EditableText node={node} editable={editable} />
      </div>
    );
  }
  return (
    <p {...look} dir="auto" {...clampOf(node)}>
      {isStreaming ? <GrowingText value={value} /> : value}
    </p>
  );
}

export function MarkdownView({ node }: { node: WidgetNode }) {
  return (
    <div className="w-markdown">
      <Markdown text={textIn(node, "value") ?? ""} isWhole={!flagIn(node, "streaming")} />
    </div>
  );
}

export function TitleView({ node }: { node: WidgetNode }) {
  return (
    // The page and the messages own the levels above.
    <div
      role="heading"
      aria-level={4}
      className="w-title"
      data-size={wordIn(node, "size", titleSizes) ?? "md"}
      dir="auto"
      {...clampOf(node)}
      style={textStyle(node)}
    >
      {textIn(node, "value") ?? ""}
    </div>
  );
}

export function CaptionView({ node }: { node: WidgetNode }) {
  return (
    <p
      className="w-caption"
      data-size={wordIn(node, "size", ["sm", "md", "lg"]) ?? "md"}
      dir="auto"
      {...clampOf(node)}
      style={textStyle(node)}
    >
      {textIn(node, "value") ?? ""}
    </p>
  );
}

export function LabelView({ node }: { node: WidgetNode }) {
  const id = useFieldId(textIn(node, "fieldName") ?? "");
  return (
    <label
      id={`${id}-label`}
      htmlFor={id}
      className="w-label"
      data-size={wordIn(node, "size", textSizes) ?? "sm"}
      dir="auto"
      style={textStyle(node)}
    >
      {textIn(node, "value") ?? ""}
    </label>
  );
}

export function BadgeView({ node }: { node: WidgetNode }) {
  const colors = ["secondary", "success", "danger", "warning", "info", "discovery"] as const;
  return (
    <span
      className="w-badge"
      data-color={wordIn(node, "color", colors) ?? "secondary"}
      data-variant={wordIn(node, "variant", ["solid", "soft", "outline"]) ?? "soft"}
      data-size={wordIn(node, "size", ["sm", "md", "lg"]) ?? "md"}
      data-pill={flagIn(node, "pill") || undefined}
      dir="auto"
    >
      {textIn(node, "label") ?? ""}
    </span>
  );
}

/** What has just arrived fades in; what was there before stays still. */
function GrowingText({ value }: { value: string }) {
  const [shown, setShown] = useState({ value, settled: value });
  if (shown.value !== value) {
    setShown({ value, settled: value.startsWith(shown.value) ? shown.value : value });
  }
  const { settled } = shown;
  return (
    <>
      {settled}
      {settled !== value && (
        <span key={settled.length} className="w-fresh">
          {value.slice(settled.length)}
        </span>
      )}
    </>
  );
}

function textStyle(node: WidgetNode): CSSProperties {
  const weights = { normal: 400, medium: 500, semibold: 600, bold: 700 } as const;
  const weight = wordIn(node, "weight", ["normal", "medium", "semibold", "bold"]);
  const align = wordIn(node, "textAlign", ["start", "center", "end"]);
  const width = node["type"] === "Text" ? sizeOf(node["width"], "px") : undefined;
  const lines = node["type"] === "Text" ? countIn(node, "minLines", mostLines) : null;
  const most = countIn(node, "maxLines", mostLines);
  const color = colorOf(node["color"], "text");
  return {
    ...(color === undefined ? {} : { color }),
    ...(weight === null ? {} : { fontWeight: weights[weight] }),
    ...(align === null ? {} : { textAlign: align }),
    ...(width === undefined ? {} : { width }),
    ...(lines === null ? {} : { minHeight: `${lines}lh` }),
    ...(most === null ? {} : { WebkitLineClamp: most }),
  };
}

/** Text that is cut off can be read in full by pointing at it. */
function clampOf(node: WidgetNode) {
  const isCut = flagIn(node, "truncate");
  const isClamped = countIn(node, "maxLines", mostLines) !== null;
  return {
    "data-truncate": (isCut && !isClamped) || undefined,
    "data-clamp": isClamped || undefined,
    title: isCut || isClamped ? (textIn(node, "value") ?? undefined) : undefined,
  };
}
