// What the user said, as it was typed.

import type { UserMessageItem } from "@sidekit/chatkit/protocol";
import { Paperclip } from "lucide-react";

import { entityOf } from "../chat/draft.ts";
import { languageOfMessages } from "../language.ts";
import { EntityChip } from "./entity-chip.tsx";
import { isPictureAddress } from "./thumbnail.tsx";
import { useView } from "./view-context.ts";

export function UserMessage({ message, isUnsent }: { message: UserMessageItem; isUnsent: boolean }) {
  const { options, strings } = useView();
  return (
    <article className="user">
      <h3 className="unseen">{strings.youSaid}</h3>
      {message.quoted_text !== undefined && <blockquote dir="auto">{message.quoted_text}</blockquote>}
      {message.attachments.length > 0 && (
        <ul className="attachments" aria-label={strings.attachment}>
          {message.attachments.map((attachment) => (
            <li key={attachment.id} className={isPicture(attachment) ? "picture" : undefined}>
              {isPicture(attachment) ? (
                <img src={attachment.preview_url} alt={attachment.name} />
              ) : (
                <>
                  <Paperclip aria-hidden="true" />
                  {attachment.name}
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      {message.content.length > 0 && (
        <div className="bubble" dir="auto" lang={languageOfMessages(options)}>
          {message.content.map((part, at) =>
            part.type === "input_tag" ? (
              // Parts of a message that was sent never move.
              <EntityChip key={at} entity={entityOf(part)}>
                @{part.text}
              </EntityChip>
            ) : (
              part.text
            ),
          )}
        </div>
      )}
      {isUnsent && <p className="hint">{strings.unsent}</p>}
    </article>
  );
}

function isPicture(
  attachment: UserMessageItem["attachments"][number],
): attachment is Extract<typeof attachment, { type: "image" }> {
  return attachment.type === "image" && isPictureAddress(attachment.preview_url);
}
