// A new conversation: a greeting, and prompts to begin with.

import { ignoreShown } from "../chat/failure.ts";
import { NamedIcon } from "./icons.tsx";
import { useView } from "./view-context.ts";

export function StartScreen() {
  const { chat, emit, focusComposer, options, strings } = useView();
  const prompts = options.startScreen?.prompts ?? [];
  return (
    <div className="start">
      <p className="greeting">{options.startScreen?.greeting ?? strings.greeting}</p>
      {prompts.length > 0 && (
        <ul className="prompts">
          {prompts.map(({ label, prompt, icon }) => (
            <li key={label}>
              <button
                type="button"
                onClick={() => {
                  emit("chatkit.log", { name: "startScreenPrompt.select" });
                  chat.submitPrompt(prompt).catch(ignoreShown);
                  focusComposer();
                }}
              >
                <NamedIcon name={icon ?? "sparkle"} />
                {label}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
