// System, light or dark.

import { Monitor, Moon, Sun } from "lucide-react";

import { useId } from "react";

import { chooseScheme, schemeChoices, useColorScheme, type SchemeChoice } from "./color-scheme.ts";

const faces: Record<SchemeChoice, { readonly label: string; readonly Icon: typeof Sun }> = {
  system: { label: "As the system", Icon: Monitor },
  light: { label: "Light", Icon: Sun },
  dark: { label: "Dark", Icon: Moon },
};

export function SchemeSwitch() {
  const { choice } = useColorScheme();
  // Every page has a switch, and radio buttons of one name are one choice.
  const name = useId();
  return (
    <fieldset className="scheme-switch">
      <legend className="visually-hidden">Colours</legend>
      {schemeChoices.map((each) => {
        const { label, Icon } = faces[each];
        return (
          <label key={each} title={label}>
            <input
              type="radio"
              name={name}
              className="visually-hidden"
              checked={each === choice}
              onChange={() => chooseScheme(each)}
            />
            <Icon size={15} aria-hidden="true" />
            <span className="visually-hidden">{label}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
