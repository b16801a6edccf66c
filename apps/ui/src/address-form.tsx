// Takes a launch token from whatever was copied out of the terminal.

import { useId, useState, type SyntheticEvent } from "react";

import { keepLaunchToken } from "./boot.ts";
import { findLaunchToken } from "./launch-token.ts";

export function AddressForm() {
  const [text, setText] = useState("");
  const [isWrong, setIsWrong] = useState(false);
  const fieldId = useId();
  const hintId = useId();

  function open(event: SyntheticEvent): void {
    event.preventDefault();
    const token = findLaunchToken(text);
    setIsWrong(token === null);
    if (token !== null) keepLaunchToken(token);
  }

  return (
    <form className="address-form" onSubmit={open} noValidate>
      <label htmlFor={fieldId}>Ready line, address or launch token</label>
      <div className="field-row">
        <input
          id={fieldId}
          type="text"
          value={text}
          onChange={(event) => setText(event.target.value)}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          aria-invalid={isWrong}
          aria-describedby={hintId}
          placeholder="Sidekit ready at http://…"
        />
        <button type="submit" className="button primary">
          Open
        </button>
      </div>
      <output id={hintId} className="hint" data-wrong={isWrong || undefined}>
        {isWrong
          ? "There is no launch token in this text. Copy the whole line that begins with “Sidekit ready at”."
          : "It stays in this tab and is never part of an address that a server sees."}
      </output>
    </form>
  );
}
