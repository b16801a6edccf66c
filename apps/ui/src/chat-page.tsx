// The page once the sidecar lets us in: session bar, notices, chat.

import type { ChatSessionClient } from "@sidekit/chat-session/client";
import type { ApiKeyStatus, SystemInfo } from "@sidekit/chat-session/contract";
import { useEffect, useState } from "react";

import { createElementChoice } from "./chat/element-choice.ts";
import { createKeptValue } from "./kept-value.ts";
import { ProfilePage } from "./profile-page.tsx";
import { Screen } from "./screen.tsx";
import { createApiKeys } from "./session/api-keys.ts";

const keptProfile = createKeptValue(() => localStorage, "sidekit.profile");

export interface ChatPageProps {
  readonly token: string;
  readonly client: ChatSessionClient;
  readonly info: SystemInfo;
  readonly keys: readonly ApiKeyStatus[];
  onRefused(): void;
}

export function ChatPage({ token, client, info, keys, onRefused }: ChatPageProps) {
  const [apiKeys] = useState(() => createApiKeys({ client, keys, onRefused }));
  const [element] = useState(() => createElementChoice(info));
  useEffect(() => void apiKeys.checkUnknown(), [apiKeys]);
  const kept = keptProfile.read();
  const first = info.profiles.find(({ name }) => name === kept) ?? info.profiles[0];
  if (first === undefined) {
    return (
      <Screen heading="No profile is configured">
        <p>A profile says who answers. Name one in the configuration of the sidecar and start it again.</p>
      </Screen>
    );
  }
  return (
    <ProfilePage
      token={token}
      profiles={info.profiles}
      first={first}
      apiKeys={apiKeys}
      element={element}
      onProfile={({ name }) => keptProfile.write(name)}
      onRefused={onRefused}
    />
  );
}
