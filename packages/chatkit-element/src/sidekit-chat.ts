// What `<script type="module" src="…/element/sidekit-chat.js">` loads: the tag is registered, and what a page may want
// besides is exported. Everything heavy is in files beside it, whose names change with their content.

import { registerAs } from "./register.ts";

export { SidekitChat } from "./element.ts";
export { SidekitChatError } from "./errors.ts";
export { registerAs } from "./register.ts";

registerAs();
