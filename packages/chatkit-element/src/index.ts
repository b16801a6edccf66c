// The element, its registration, and the vendor's types that describe it.

export type {
  ChatKitEvents,
  ChatKitOptions,
  ColorScheme,
  CustomApiConfig,
  OpenAIChatKit,
  ThemeOption,
} from "@openai/chatkit";

export { SidekitChat } from "./element.ts";
export { type Refusal, SidekitChatError, type SidekitChatErrorCode } from "./errors.ts";
export { registerAs } from "./register.ts";
