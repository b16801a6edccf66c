// The tools and models that the page offers for the next message.

import type { ToolOption } from "@openai/chatkit";
import { AtSign, ChevronDown, Plus, X } from "lucide-react";

import { chosenModel, chosenTool } from "../chat/choices.ts";
import type { ComposerState } from "../chat/composer.ts";
import { NamedIcon } from "./icons.tsx";
import { MenuButton } from "./menu-button.tsx";
import { useView } from "./view-context.ts";

interface ToolsProps {
  readonly composer: ComposerState;
  readonly disabled: boolean;
}

export function ComposerTools({ composer, disabled }: ToolsProps) {
  const { chat, focusComposer, options, strings } = useView();
  const tools = options.composer?.tools ?? [];
  const chosen = chosenTool(composer, options.composer);
  const listed = tools.filter(({ pinned }) => pinned !== true);
  return (
    <>
      {listed.length > 0 && (
        <MenuButton
          className="icon-button"
          label={strings.tools}
          entries={listed}
          chosenId={chosen?.id ?? null}
          disabled={disabled}
          align="start"
          onChoose={(id) => {
            chat.selectTool(id === chosen?.id ? null : id, "menu");
            focusComposer();
          }}
        >
          <Plus aria-hidden="true" />
        </MenuButton>
      )}
      {tools
        .filter(({ pinned }) => pinned === true)
        .map((tool) => (
          <button
            key={tool.id}
            type="button"
            className="tool-button"
            aria-label={tool.label}
            title={tool.label}
            aria-pressed={tool.id === chosen?.id}
            disabled={disabled}
            onClick={() => chat.selectTool(tool.id === chosen?.id ? null : tool.id, "pinned")}
          >
            <NamedIcon name={tool.icon} />
            <span dir="auto">{tool.shortLabel ?? tool.label}</span>
          </button>
        ))}
      {chosen !== null && chosen.pinned !== true && <ToolChip tool={chosen} disabled={disabled} />}
    </>
  );
}

function ToolChip({ tool, disabled }: { tool: ToolOption; disabled: boolean }) {
  const { chat, focusComposer, strings } = useView();
  return (
    <button
      type="button"
      className="tool-button"
      data-chosen
      aria-label={strings.removeTool(tool.label)}
      title={strings.removeTool(tool.label)}
      disabled={disabled}
      onClick={() => {
        chat.selectTool(null, "chip");
        focusComposer();
      }}
    >
      <NamedIcon name={tool.icon} />
      <span dir="auto">{tool.shortLabel ?? tool.label}</span>
      <X aria-hidden="true" />
    </button>
  );
}

export function ModelPicker({ composer, disabled }: ToolsProps) {
  const { chat, focusComposer, options, strings } = useView();
  const models = options.composer?.models ?? [];
  const chosen = chosenModel(composer, options.composer);
  if (models.length === 0) return null;
  return (
    <MenuButton
      className="model-button"
      label={chosen === null ? strings.model : strings.modelIs(chosen.label)}
      entries={models}
      chosenId={chosen?.id ?? null}
      disabled={disabled}
      align="end"
      onChoose={(id) => {
        chat.selectModel(id);
        focusComposer();
      }}
    >
      <span dir="auto">{chosen?.label ?? strings.model}</span>
      <ChevronDown aria-hidden="true" />
    </MenuButton>
  );
}

/** Types the sign, and leaves the rest to it. */
export function MentionButton({ disabled, onMention }: { disabled: boolean; onMention: () => void }) {
  const { options, strings } = useView();
  const { onTagSearch, showComposerMenu = false } = options.entities ?? {};
  if (onTagSearch === undefined || !showComposerMenu) return null;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={strings.mention}
      title={strings.mention}
      disabled={disabled}
      onClick={onMention}
    >
      <AtSign aria-hidden="true" />
    </button>
  );
}
