// What the user said, as it was typed.

import type { UserMessageItem } from "@sidekit/chatkit/protocol";
import { Paperclip } from "lucide-react";

import { useView } from "./view-context.ts";

type Attachment = UserMessageItem["attachments"][number];

export function UserMessage({ message, isUnsent }: { message: UserMessageItem; isUnsent: boolean }) {
  const { strings } = useView();
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
        <div className="bubble" dir="auto">
          {message.content.map((part, at) =>
            part.type === "input_tag" ? (
              // Parts of a message that was sent never move.
              <span key={at} className="tag">
                @{part.text}
              </span>
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

/** A picture's address may carry no script, whatever the server says. */
function isPicture(attachment: Attachment): attachment is Extract<Attachment, { type: "image" }> {
  return (
    attachment.type === "image" &&
    /^(https?:|data:image\/(png|jpeg|gif|webp)[;,])/i.test(attachment.preview_url)
  );
}
