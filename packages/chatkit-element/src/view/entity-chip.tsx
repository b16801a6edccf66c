// An entity in running text: its name, and for one that is interactive the page's preview and what the page does on a click.

import type { ChatKitOptions, Entity } from "@openai/chatkit";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";

import { EntityCard } from "./entity-card.tsx";
import { useView } from "./view-context.ts";

/** Time to pass over it, and time to reach the card from it. */
const openMs = 250;
const closeMs = 200;

export function isCallable(entity: Entity, entities: ChatKitOptions["entities"]): boolean {
  return (
    entity.interactive === true &&
    (entities?.onClick !== undefined || entities?.onRequestPreview !== undefined)
  );
}

export interface EntityChipProps {
  readonly entity: Entity;
  readonly className?: string;
  readonly children: ReactNode;
}

export function EntityChip({ entity, className = "tag", children }: EntityChipProps) {
  const { options } = useView();
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => () => clearTimeout(timer.current), []);

  if (!isCallable(entity, options.entities)) {
    return (
      <span className={className} dir="auto">
        {children}
      </span>
    );
  }
  const turn = (open: boolean, afterMs: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOpen(open), afterMs);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        dir="auto"
        aria-describedby={isOpen ? id : undefined}
        onPointerEnter={() => turn(true, openMs)}
        onPointerLeave={() => turn(false, closeMs)}
        onFocus={() => turn(true, 0)}
        onBlur={() => turn(false, 0)}
        onClick={() => options.entities?.onClick?.(entity)}
      >
        {children}
      </button>
      {isOpen && options.entities?.onRequestPreview !== undefined && (
        <EntityCard
          id={id}
          entity={entity}
          anchor={() => button.current}
          onDismiss={() => turn(false, 0)}
          onPointerEnter={() => turn(true, 0)}
          onPointerLeave={() => turn(false, closeMs)}
        />
      )}
    </>
  );
}
