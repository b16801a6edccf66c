// An entity in running text: its name, and for one that is interactive the page's preview and what the page does on a click.

import type { ChatKitOptions, Entity } from "@openai/chatkit";
import type { ReactNode } from "react";

import { EntityCard } from "./entity-card.tsx";
import { useHoverCard } from "./use-hover-card.ts";
import { useView } from "./view-context.ts";

export function isCallable(entity: Entity, entities: ChatKitOptions["entities"]): boolean {
  return (
    entity.interactive === true &&
    (entities?.onClick !== undefined || entities?.onRequestPreview !== undefined)
  );
}

export interface EntityChipProps {
  readonly entity: Entity;
  readonly className?: string;
  /** Where what is shown does not say what it is. */
  readonly label?: string;
  readonly children: ReactNode;
}

export function EntityChip({ entity, className = "tag", label, children }: EntityChipProps) {
  const { options } = useView();
  const { keep, anchor, ...card } = useHoverCard();

  if (!isCallable(entity, options.entities)) {
    return (
      <span className={className} dir="auto">
        {children}
      </span>
    );
  }
  return (
    <>
      <button
        ref={keep}
        type="button"
        className={className}
        dir="auto"
        aria-label={label}
        aria-describedby={card.isOpen ? card.id : undefined}
        {...card.onAnchor}
        onClick={() => options.entities?.onClick?.(entity)}
      >
        {children}
      </button>
      {card.isOpen && options.entities?.onRequestPreview !== undefined && (
        <EntityCard
          id={card.id}
          entity={entity}
          anchor={() => anchor}
          onDismiss={card.dismiss}
          {...card.onCard}
        />
      )}
    </>
  );
}
