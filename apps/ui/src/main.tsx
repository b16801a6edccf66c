// Mounts the page. The launch token leaves the address bar before any other module runs.

import "./boot.ts";

import { registerAs } from "@sidekit/chatkit-element";
import { createRoot } from "react-dom/client";

import { App } from "./app.tsx";

// The vendor's React binding draws this tag; here it is our own element.
registerAs("openai-chatkit");
createRoot(document.querySelector("#page")!).render(<App />);
