// Lets JSX know our own tag.

import type { SidekitChat } from "@sidekit/chatkit-element";

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "sidekit-chat": RefAttributes<SidekitChat>;
    }
  }
}
