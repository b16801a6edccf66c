// Icons and images. An image loads from where the thread allows, or from within the widget.

import { ImageIcon } from "lucide-react";
import { useState } from "react";

import { KnownIcon } from "../view/icons.tsx";
import { isShownImage } from "./image-source.ts";
import { flagIn, textIn, type WidgetNode, wordIn } from "./nodes.ts";
import { colorOf, dimensionsOf, radiusOf, spacingOf } from "./style-values.ts";
import { useWidget } from "./widget-context.ts";

const iconSizes = ["xs", "sm", "md", "lg", "xl", "2xl", "3xl"] as const;
const fits = ["cover", "contain", "fill", "scale-down", "none"] as const;
const positions = [
  "top left",
  "top",
  "top right",
  "left",
  "center",
  "right",
  "bottom left",
  "bottom",
  "bottom right",
] as const;

export function IconView({ node }: { node: WidgetNode }) {
  const name = textIn(node, "name") ?? "";
  return (
    <span
      className="w-icon"
      data-size={wordIn(node, "size", iconSizes) ?? "md"}
      style={{ color: colorOf(node["color"], "text") }}
    >
      <KnownIcon name={name} />
    </span>
  );
}

export function ImageView({ node }: { node: WidgetNode }) {
  const { imageDomains, strings } = useWidget();
  const src = textIn(node, "src") ?? "";
  const [brokenSrc, setBroken] = useState<string | null>(null);
  const alt = textIn(node, "alt") ?? "";
  const style = {
    ...dimensionsOf(node),
    ...spacingOf(node["margin"], "margin"),
    borderRadius: radiusOf(node["radius"]),
    background: colorOf(node["background"], "background"),
  };
  const look = {
    "data-frame": flagIn(node, "frame") || undefined,
    "data-flush": flagIn(node, "flush") || undefined,
  };
  if (src === brokenSrc || !isShownImage(src, imageDomains)) {
    const label = alt === "" ? strings.hiddenImage : alt;
    return (
      <span
        className="w-image w-image-missing"
        {...look}
        style={style}
        role="img"
        aria-label={label}
        title={label}
      >
        <ImageIcon aria-hidden="true" />
        <span aria-hidden="true">{alt}</span>
      </span>
    );
  }
  return (
    <img
      className="w-image"
      {...look}
      src={src}
      alt={alt}
      loading="lazy"
      decoding="async"
      referrerPolicy="no-referrer"
      style={{
        ...style,
        objectFit: wordIn(node, "fit", fits) ?? "cover",
        objectPosition: wordIn(node, "position", positions) ?? undefined,
      }}
      onError={() => setBroken(src)}
    />
  );
}
