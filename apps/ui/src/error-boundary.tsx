// Catches what breaks while the page is drawn: a reload is better than a white page.

import { Component, type ReactNode } from "react";

import { Screen } from "./screen.tsx";

interface Props {
  readonly children: ReactNode;
}

export class ErrorBoundary extends Component<Props, { readonly isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render(): ReactNode {
    if (!this.state.isBroken) return this.props.children;
    return (
      <Screen heading="Something on this page broke">
        <p>Your conversation is safe on the server. Reloading brings it back.</p>
        <button type="button" className="button primary" onClick={() => location.reload()}>
          Reload
        </button>
      </Screen>
    );
  }
}
