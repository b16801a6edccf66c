// Mounts the page. The launch token leaves the address bar before any other module runs.

import "./boot.ts";

import { createRoot } from "react-dom/client";

import { Pages } from "./pages.tsx";

createRoot(document.querySelector("#page")!).render(<Pages />);
