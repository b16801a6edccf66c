// The bar that all pages share: where one is, where one can go, light or dark.

import { Mark } from "./mark.tsx";
import { pages, type PageName } from "./page-address.ts";
import { SchemeSwitch } from "./scheme-switch.tsx";

export function SiteBar({ page }: { readonly page: PageName }) {
  return (
    <header className="site-bar">
      <span className="site-brand">
        <Mark size={24} />
        Sidekit
      </span>
      <nav aria-label="Pages">
        <ul>
          {pages.map(({ name, title, address }) => (
            <li key={name}>
              <a href={address} aria-current={name === page ? "page" : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <SchemeSwitch />
    </header>
  );
}
