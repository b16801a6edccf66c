// Every kind of item and every widget, from recorded frames in real elements: to look at, and to compare pictures with.

import "../styles/gallery.css";
import { registerAs } from "@sidekit/chatkit-element";
import { useId } from "react";

import { PlainPage } from "../plain-page.tsx";
import { sceneGroups, type SceneGroup } from "./scenes.ts";
import { Specimen } from "./specimen.tsx";

registerAs();

export function GalleryPage() {
  return (
    <PlainPage
      page="gallery"
      heading="Gallery"
      lead="Everything that the chat element can show. Each frame is a real element that is given recorded frames in place of a server; nothing here leaves the page."
    >
      {sceneGroups.map((group) => (
        <Group key={group.title} group={group} />
      ))}
    </PlainPage>
  );
}

function Group({ group }: { readonly group: SceneGroup }) {
  const headingId = useId();
  return (
    <section className="scene-group" aria-labelledby={headingId}>
      <h2 id={headingId}>{group.title}</h2>
      <div className="specimens">
        {group.scenes.map((scene) => (
          <Specimen key={scene.id} scene={scene} />
        ))}
      </div>
    </section>
  );
}
