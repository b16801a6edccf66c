// Widgets in a real browser, under a strict content security policy: every component with its members, actions, forms,
// and trees that mean harm.

import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { isWithoutChromium, openChromium } from "./chromium.ts";
import type { WidgetPageOptions } from "./page/widget-page.tsx";
import { bundle } from "./page-bundle.ts";
import { openScriptedServer, type ScriptedServer } from "./scripted-server.ts";
import { gallery, mailForm, salesCard, taskList } from "../examples/widgets.ts";

type Tree = Readonly<Record<string, unknown>>;
type AxeRun = { violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] };

const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const action = { type: "go", payload: { id: 7 } };

describe.skipIf(isWithoutChromium)("widgets in Chromium", { timeout: 30_000 }, () => {
  let code: string;
  let browser: Browser;
  let server: ScriptedServer;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    ({ code } = await bundle("./page/widget-page.tsx"));
    browser = await openChromium();
    server = await openScriptedServer(code);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    complaints = [];
    page = await browser.newPage({ viewport: { width: 900, height: 900 } });
    page.setDefaultTimeout(5_000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await page.goto(server.origin);
    await page.waitForFunction(() => "widgetPage" in window);
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  // Each row: a component, where to look, and what the browser has made of its members.
  const looks: [name: string, node: Tree, selector: string, styles: Record<string, string>][] = [
    [
      "Box",
      {
        type: "Box",
        direction: "row",
        align: "end",
        justify: "between",
        wrap: "wrap",
        gap: 3,
        padding: { x: 4, top: "6px" },
        margin: 2,
        width: 200,
        height: 90,
        minHeight: 40,
        maxWidth: "50%",
        radius: "lg",
        background: "#102030",
        border: { size: 2, style: "dashed", color: "rgb(1, 2, 3)" },
        flex: 2,
      },
      ".w-box",
      {
        flexDirection: "row",
        alignItems: "flex-end",
        justifyContent: "space-between",
        flexWrap: "wrap",
        columnGap: "12px",
        paddingLeft: "16px",
        paddingTop: "6px",
        marginTop: "8px",
        width: "200px",
        minHeight: "40px",
        maxWidth: "50%",
        borderTopLeftRadius: "10px",
        backgroundColor: "rgb(16, 32, 48)",
        borderTopWidth: "2px",
        borderTopStyle: "dashed",
        borderTopColor: "rgb(1, 2, 3)",
        flexGrow: "2",
      },
    ],
    [
      "Row",
      { type: "Row", border: { bottom: 1 }, size: 50 },
      ".w-box",
      { flexDirection: "row", borderBottomWidth: "1px", width: "50px", height: "50px" },
    ],
    [
      "Col",
      { type: "Col", aspectRatio: "4/3", minSize: 10 },
      ".w-box",
      { flexDirection: "column", aspectRatio: "4 / 3", minWidth: "10px" },
    ],
    ["Form", { type: "Form", direction: "row", gap: 5 }, "form", { flexDirection: "row", columnGap: "20px" }],
    ["Spacer", { type: "Spacer", minSize: 24 }, ".w-spacer", { minHeight: "24px", flexGrow: "1" }],
    [
      "Divider",
      { type: "Divider", size: 3, color: "rgb(9, 8, 7)", spacing: 2 },
      "hr",
      { borderTopWidth: "3px", borderTopColor: "rgb(9, 8, 7)", marginTop: "8px" },
    ],
    [
      "Text",
      {
        type: "Text",
        value: "A",
        italic: true,
        lineThrough: true,
        color: { light: "#010203", dark: "white" },
        weight: "bold",
        width: 120,
        size: "xl",
        textAlign: "end",
        maxLines: 2,
        minLines: 2,
      },
      ".w-text",
      {
        fontStyle: "italic",
        textDecorationLine: "line-through",
        color: "rgb(1, 2, 3)",
        fontWeight: "700",
        width: "120px",
        fontSize: "20px",
        textAlign: "end",
        webkitLineClamp: "2",
      },
    ],
    [
      "Text, truncated",
      { type: "Text", value: "A", truncate: true },
      ".w-text",
      { textOverflow: "ellipsis", whiteSpace: "nowrap" },
    ],
    [
      "Title",
      { type: "Title", value: "A", size: "5xl", weight: "normal", maxLines: 1 },
      "[role=heading]",
      { fontSize: "48px", fontWeight: "400", webkitLineClamp: "1" },
    ],
    [
      "Caption",
      { type: "Caption", value: "A", size: "lg", textAlign: "center" },
      ".w-caption",
      { fontSize: "14px", textAlign: "center" },
    ],
    [
      "Label",
      { type: "Label", value: "A", fieldName: "a", weight: "semibold", size: "lg" },
      "label",
      { fontWeight: "600", fontSize: "17px" },
    ],
    [
      "Badge",
      { type: "Badge", label: "A", color: "danger", variant: "outline", size: "lg", pill: true },
      ".w-badge",
      { color: "rgb(179, 38, 30)", borderTopStyle: "solid", borderTopLeftRadius: "1584px" },
    ],
    [
      "Icon",
      { type: "Icon", name: "star-filled", size: "3xl", color: "success" },
      ".w-icon svg",
      { width: "44px", color: "rgb(28, 107, 60)", fill: "rgb(28, 107, 60)" },
    ],
    [
      "Icon of lucide",
      { type: "Icon", name: "lucide:flask-conical", size: "xs" },
      ".w-icon svg",
      { width: "14px" },
    ],
    [
      "Image",
      {
        type: "Image",
        src: pixel,
        alt: "Dot",
        fit: "contain",
        position: "top left",
        radius: "full",
        frame: true,
        size: 40,
        margin: 1,
        background: "#0a0b0c",
      },
      "img",
      {
        objectFit: "contain",
        objectPosition: "0% 0%",
        width: "40px",
        height: "40px",
        borderTopWidth: "1px",
        marginTop: "4px",
        backgroundColor: "rgb(10, 11, 12)",
      },
    ],
    [
      "Button",
      { type: "Button", label: "A", color: "danger", variant: "soft", size: "3xl", pill: true, block: true },
      ".w-button",
      { color: "rgb(179, 38, 30)", minHeight: "52px", width: "446px" },
    ],
    [
      "Button, uniform",
      { type: "Button", iconStart: "plus", uniform: true, size: "md", iconSize: "2xl" },
      ".w-button svg",
      { width: "28px" },
    ],
    [
      "Input",
      { type: "Input", name: "a", size: "xl", gutterSize: "xs", pill: true },
      "input.w-input",
      { minHeight: "44px", paddingLeft: "8px" },
    ],
    [
      "Table.Cell",
      {
        type: "Table",
        children: [
          {
            type: "Table.Row",
            children: [
              {
                type: "Table.Cell",
                align: "end",
                vAlign: "end",
                padding: { x: 5 },
                width: 300,
                children: [{ type: "Text", value: "A" }],
              },
              { type: "Table.Cell" },
            ],
          },
        ],
      },
      "td",
      { verticalAlign: "bottom", paddingLeft: "20px", width: "300px" },
    ],
  ];
  test.each(looks)("%s looks as its members say", async (_name, node, selector, styles) => {
    await show([card(node)]);
    const target = page.locator(`.w-card-body ${selector}`).first();
    const seen = await target.evaluate((element, names) => {
      const style = getComputedStyle(element);
      return Object.fromEntries(names.map((name) => [name, style[name as "color"]]));
    }, Object.keys(styles));
    expect(seen).toEqual(styles);
  });

  const attributes: [name: string, node: Tree, selector: string, expected: Record<string, string | null>][] =
    [
      [
        "Input",
        {
          type: "Input",
          name: "a",
          inputType: "email",
          defaultValue: "x",
          pattern: "[a-z]+",
          placeholder: "P",
          required: true,
          disabled: true,
          allowAutofillExtensions: true,
        },
        "input.w-input",
        {
          type: "email",
          value: "x",
          pattern: "[a-z]+",
          placeholder: "P",
          required: "",
          disabled: "",
          name: "a",
          autocomplete: "on",
          "data-lpignore": null,
          "aria-label": "P",
        },
      ],
      [
        "Input, kept from password managers",
        { type: "Input", name: "a", variant: "soft" },
        "input.w-input",
        { autocomplete: "off", "data-lpignore": "true", "data-variant": "soft", "aria-label": "a" },
      ],
      [
        "Textarea",
        { type: "Textarea", name: "t", rows: 5, autoResize: true, placeholder: "P", required: true },
        "textarea",
        { rows: "5", "data-grows": "true", placeholder: "P", required: "" },
      ],
      [
        "Checkbox",
        { type: "Checkbox", name: "c", label: "Yes", defaultChecked: true, required: true },
        "input[type=checkbox]",
        { checked: "", required: "" },
      ],
      [
        "RadioGroup",
        {
          type: "RadioGroup",
          name: "r",
          ariaLabel: "Choice",
          direction: "col",
          required: true,
          options: [{ value: "1", label: "One" }],
        },
        "[role=radiogroup]",
        { "aria-label": "Choice", "aria-required": "true", "data-direction": "col" },
      ],
      [
        "Select",
        {
          type: "Select",
          name: "s",
          options: [{ value: "1", label: "One" }],
          placeholder: "Pick",
          variant: "outline",
          block: true,
          pill: true,
          disabled: true,
        },
        ".w-trigger",
        {
          "aria-haspopup": "listbox",
          "aria-expanded": "false",
          "data-variant": "outline",
          "data-block": "true",
          "data-pill": "true",
          disabled: "",
        },
      ],
      [
        "DatePicker",
        { type: "DatePicker", name: "d", size: "lg" },
        ".w-trigger",
        { "aria-haspopup": "dialog", "data-size": "lg" },
      ],
      [
        "Text that can be edited",
        {
          type: "Text",
          value: "V",
          editable: { name: "e", required: true, placeholder: "P", pattern: ".+", autoComplete: "name" },
        },
        ".w-editable",
        { name: "e", value: "V", required: "", placeholder: "P", pattern: ".+", autocomplete: "name" },
      ],
      [
        "Image",
        { type: "Image", src: pixel, alt: "Dot", flush: true },
        "img",
        { alt: "Dot", "data-flush": "true", referrerpolicy: "no-referrer" },
      ],
      [
        "Table.Cell of a header",
        {
          type: "Table",
          children: [
            {
              type: "Table.Row",
              header: true,
              children: [{ type: "Table.Cell", colSpan: 2, rowSpan: 3, colSize: "lg" }],
            },
          ],
        },
        "thead th",
        { scope: "col", colspan: "2", rowspan: "3", "data-col-size": "lg" },
      ],
      [
        "Button, disabled",
        { type: "Button", label: "A", disabled: true, iconEnd: "check" },
        ".w-button",
        { disabled: "", "data-color": "secondary", "data-variant": "soft" },
      ],
      [
        "Button, primary",
        { type: "Button", label: "A", style: "primary" },
        ".w-button",
        { "data-color": "primary", "data-variant": "solid" },
      ],
      [
        "Label",
        {
          type: "Col",
          children: [
            { type: "Label", value: "Name", fieldName: "n" },
            { type: "Input", name: "n" },
          ],
        },
        "label",
        { "data-size": "sm" },
      ],
    ];
  test.each(attributes)("%s carries its members", async (_name, node, selector, expected) => {
    await show([card(node)]);
    const target = page.locator(`.w-card-body ${selector}`).first();
    for (const [name, value] of Object.entries(expected))
      expect([name, await target.getAttribute(name)]).toEqual([name, value]);
  });

  test("Card: status, collapsed body, size and both schemes", async () => {
    await show([
      {
        type: "Card",
        size: "sm",
        collapsed: true,
        theme: "dark",
        background: "#111111",
        status: { text: "Sent", favicon: pixel, frame: true },
        children: [{ type: "Text", value: "Body" }],
      },
    ]);
    await page.getByText("Sent").waitFor();
    await page.locator(".w-favicon[data-frame]").waitFor();
    expect(await page.getByText("Body").isVisible()).toBe(false);
    await page.getByRole("button", { name: "Show details" }).click();
    expect(await page.getByText("Body").isVisible()).toBe(true);
    const style = await page
      .locator(".w-card")
      .evaluate((element) => [
        getComputedStyle(element).colorScheme,
        getComputedStyle(element).backgroundColor,
        getComputedStyle(element).maxInlineSize,
      ]);
    expect(style).toEqual(["dark", "rgb(17, 17, 17)", "360px"]);
  });

  test("ListView: shows as many rows as it may, then the rest, and the focus goes on with them", async () => {
    await show([taskList]);
    expect(await page.locator(".w-row").count()).toBe(3);
    await page.getByRole("button", { name: "Show 1 more" }).press("Enter");
    expect(await page.locator(".w-row").count()).toBe(4);
    await expect
      .poll(() =>
        page.evaluate(() => document.querySelector("#root")?.shadowRoot?.activeElement?.textContent),
      )
      .toContain("Renew");
    await page.getByRole("button", { name: /Call the supplier/ }).press("Enter");
    expect(await fired()).toEqual([{ type: "task.open", payload: { at: 1 } }]);
    await page.locator(".w-row[aria-busy=true]").waitFor();
    await page.evaluate(() => window.widgetPage.settle());
    await expect.poll(() => page.locator(".w-row[aria-busy=true]").count()).toBe(0);
  });

  test("Basic, Markdown and Transition draw what they hold", async () => {
    await show([
      {
        type: "Basic",
        direction: "row",
        gap: 4,
        children: {
          type: "Transition",
          children: { type: "Markdown", value: "**bold** [out](javascript:window.widgetPage.hacked=true)" },
        },
      },
    ]);
    await page.locator(".w-basic[data-direction=row] .w-transition strong", { hasText: "bold" }).waitFor();
    expect(await page.locator("a").count()).toBe(0);
  });

  test("Chart: bars, lines, legend, the numbers as a table, and a tip for the keyboard", async () => {
    await show([salesCard]);
    await page.locator(".w-chart-bars rect").first().waitFor();
    expect(await page.locator(".w-chart-bars rect").count()).toBe(12);
    expect(await page.locator(".w-chart-line").count()).toBe(2);
    expect(await page.locator(".w-chart-legend").textContent()).toBe("ShopPartnersPlan");
    expect(await page.locator("figure").first().locator("tbody tr").count()).toBe(6);
    const chart = page.getByRole("group", { name: "Chart: Shop, Partners, Plan" });
    await chart.press("ArrowRight");
    await chart.press("ArrowRight");
    expect(await page.locator(".w-chart-tip").textContent()).toBe("FebShop140Partners80Plan190");
  });

  test("a form sends the values of all its fields, nested by their names", async () => {
    await show([mailForm]);
    await page.getByLabel("To").fill("ana@example.com");
    await page.getByLabel("High").check();
    await page.getByLabel("Send me a copy").uncheck();
    await page.getByRole("button", { name: "Country Portugal" }).click();
    await page.getByRole("combobox", { name: "Search" }).fill("peru");
    await page.getByRole("combobox", { name: "Search" }).press("Enter");
    await page.getByRole("button", { name: /^Send on/ }).click();
    await expect.poll(() => focusedText()).toBe("18");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    expect(await fired()).toEqual([
      {
        type: "mail.send",
        payload: {
          mail: { to: "ana@example.com", text: "Dear all,\nsee you on Friday." },
          country: "Perú",
          when: "2026-03-19T00:00:00.000Z",
          priority: "high",
          copy: false,
        },
      },
    ]);
  });

  test("what is required blocks the form, and is shown", async () => {
    await show([mailForm]);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    expect(await fired()).toEqual([]);
    expect(await focusedName()).toBe("mail.to");
    await page.getByLabel("To").fill("no address");
    await page.getByLabel("To").press("Enter");
    expect(await fired()).toEqual([]);
    await page.getByLabel("To").fill("ana@example.com");
    await page.getByLabel("To").press("Enter");
    expect((await fired()).map(({ type }) => type)).toEqual(["mail.send"]);
  });

  test("a form of its own: Enter and its button submit, editable text counts, an own key wins and is reported", async () => {
    const form = {
      type: "Form",
      onSubmitAction: { type: "save", payload: { todo: { title: "mine" } } },
      children: [
        { type: "Text", value: "Shop", editable: { name: "todo.title" } },
        { type: "Input", name: "todo.note", inputType: "number", defaultValue: "3" },
        { type: "Button", submit: true, label: "Save" },
        { type: "Button", label: "Other", onClickAction: { type: "other", loadingBehavior: "none" } },
      ],
    };
    await show([card(form)]);
    await page.getByRole("button", { name: "Other" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    expect(await fired()).toEqual([
      { type: "other", payload: { todo: { title: "Shop", note: "3" } } },
      { type: "save", payload: { todo: { title: "mine", note: "3" } } },
    ]);
    const problems = await page.evaluate(() => window.widgetPage.problems);
    expect(problems).toEqual([expect.stringContaining("todo.title")]);
    await page.locator(".w-button[aria-busy=true]").waitFor();
    await page.evaluate(() => window.widgetPage.settle());
    await page.evaluate(() => window.widgetPage.settle());
    await expect.poll(() => page.locator("[aria-busy]").count()).toBe(0);
  });

  test("a change fires its action with the new value, and shows no loading by itself", async () => {
    const options = [
      { value: "a", label: "Ann" },
      { value: "b", label: "Bob", description: "Away" },
      { value: "c", label: "Cy", disabled: true },
    ];
    await show([
      card(
        { type: "Checkbox", name: "c", label: "Check", onChangeAction: action },
        { type: "RadioGroup", name: "r", options, onChangeAction: { type: "radio" } },
        { type: "Select", name: "s", options, onChangeAction: { type: "select" }, clearable: true },
        {
          type: "DatePicker",
          name: "d",
          defaultValue: "2026-02-10",
          max: "2026-02-11T00:00:00Z",
          onChangeAction: { type: "date" },
          clearable: true,
        },
      ),
    ]);
    await page.getByLabel("Check").check();
    await page.getByLabel("Bob").check();
    const select = page.getByRole("button", { name: "Choose…" });
    await select.press("ArrowDown");
    await page.getByRole("listbox").waitFor();
    await page.keyboard.press("b");
    await page.keyboard.press("Enter");
    await expect.poll(() => focusedText()).toContain("Bob");
    await page.getByRole("button", { name: "Clear" }).first().click();
    await page.getByRole("button", { name: "d, Feb 10, 2026" }).click();
    await expect.poll(() => focusedText()).toBe("10");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    expect(await fired()).toEqual([
      { type: "go", payload: { id: 7, c: true } },
      { type: "radio", payload: { r: "b" } },
      { type: "select", payload: { s: "b" } },
      { type: "select", payload: { s: null } },
      { type: "date", payload: { d: "2026-02-11T00:00:00.000Z" } },
    ]);
    expect(await page.locator("[aria-busy]").count()).toBe(0);
  });

  test.each([
    ["auto", "self"],
    ["self", "self"],
    ["container", "container"],
    ["none", "none"],
  ] as const)(
    "a button with loading behaviour %s shows %s, and fires once",
    async (loadingBehavior, shown) => {
      await show([card({ type: "Button", label: "Go", onClickAction: { ...action, loadingBehavior } })]);
      const button = page.locator(".w-button");
      await button.focus();
      await button.press("Enter");
      await expect.poll(() => page.locator(".w-content[inert]").count()).toBe(shown === "container" ? 1 : 0);
      expect(await button.getAttribute("aria-busy")).toBe(shown === "self" ? "true" : null);
      if (shown === "self") await button.press("Enter");
      expect((await fired()).length).toBe(1);
      await page.evaluate(() => window.widgetPage.settle());
      await expect.poll(() => page.locator("[inert], [aria-busy=true]").count()).toBe(0);
      await expect.poll(() => focusedText()).toBe("Go");
    },
  );

  test("while an answer runs, only actions that need no answer can be used; without a chat, none", async () => {
    const buttons = card(
      { type: "Button", label: "Stream", onClickAction: action },
      { type: "Button", label: "Sync", onClickAction: { ...action, streaming: false } },
      { type: "Button", label: "Page", onClickAction: { ...action, handler: "client" } },
    );
    await show([buttons], { busy: true });
    await page.getByRole("button", { name: "Stream" }).click({ force: true });
    expect(await fired()).toEqual([]);
    expect(await page.getByRole("button", { name: "Stream" }).getAttribute("title")).toBe(
      "Wait until the answer is complete.",
    );
    await page.getByRole("button", { name: "Sync" }).click();
    await page.getByRole("button", { name: "Page" }).click();
    expect(
      (await page.evaluate(() => window.widgetPage.actions)).map(({ handler, streaming }) => [
        handler,
        streaming,
      ]),
    ).toEqual([
      ["server", false],
      ["client", true],
    ]);
    await show([buttons], { isWithoutActions: true });
    await expect.poll(() => page.locator("[aria-disabled=true][title]").count()).toBe(3);
  });

  test("text that grows is added to, and keeps what was typed beside it", async () => {
    const tree = (value: string) =>
      card({ type: "Text", id: "t", value, streaming: true }, { type: "Input", name: "n" });
    await show([tree("One")]);
    await page.locator("input.w-input").fill("typed");
    await show([tree("One two")]);
    await page.locator(".w-fresh", { hasText: "two" }).waitFor();
    expect(await page.locator(".w-text").textContent()).toBe("One two");
    expect(await page.locator("input.w-input").inputValue()).toBe("typed");
  });

  test("hostile trees execute nothing and load nothing", async () => {
    const loaded: string[] = [];
    page.on("request", (request) => loaded.push(request.url()));
    await show([
      card(
        { type: "Text", value: "<img src=x onerror='window.widgetPage.hacked=true'>" },
        {
          type: "Markdown",
          value:
            "<script>window.widgetPage.hacked=true</script>\n\n[a](JaVaScRiPt:window.widgetPage.hacked=true) ![x](https://evil.example/i.png)",
        },
        { type: "Image", src: "https://evil.example/track.png", alt: "Tracker" },
        { type: "Image", src: "javascript:window.widgetPage.hacked=true" },
        { type: "Image", src: "data:text/html,<script>1</script>" },
        {
          type: "Box",
          background: "url(https://evil.example/css.png)",
          width: "calc(100vw * 9)",
          padding: "1px; position: fixed",
          radius: "constructor",
          border: { size: 1, color: "red; position: fixed" },
        },
        {
          type: "Text",
          value: "x",
          color: "__proto__",
          size: "toString",
          style: { position: "fixed" },
          className: "frame",
          onClick: "alert(1)",
          dangerouslySetInnerHTML: { __html: "<b>no</b>" },
        },
        { type: "Icon", name: "constructor" },
        { type: "constructor" },
        { type: "Input", name: "__proto__.polluted", defaultValue: "yes", pattern: "(" },
        { type: "Chart", data: "none", series: [null, { type: "bar" }], xAxis: 3 },
        { type: "Select", name: "s", options: "no" },
        { type: "Table", children: [{ type: "Text", value: "astray" }] },
        null,
        "text",
      ),
      { type: "Card", status: { text: "s", favicon: "https://evil.example/f.ico" }, children: "no" },
      { type: "Script" },
    ]);
    await page.getByText("not a widget").waitFor();
    await page.getByText("constructor: this chat cannot show it.").waitFor();
    expect(await page.evaluate(() => window.widgetPage.hacked)).toBe(false);
    expect(loaded.filter((url) => !url.startsWith(server.origin))).toEqual([]);
    expect(await page.locator(".frame :is(script, iframe, b)").count()).toBe(0);
    const box = await page
      .locator(".w-card-body .w-box")
      .first()
      .evaluate((element) => {
        const style = getComputedStyle(element);
        return [style.backgroundImage, style.position, style.paddingTop, element.getAttribute("style")];
      });
    expect(box).toEqual(["none", "static", "0px", expect.not.stringMatching(/url|fixed|calc/)]);
    expect(
      await page.locator("a[href]").evaluateAll((links) => links.map((link) => link.getAttribute("href"))),
    ).toEqual(["https://evil.example/i.png"]);
    const origin = new URL(server.origin).hostname;
    await show([card({ type: "Image", src: `${server.origin}/allowed.png`, alt: "Allowed" })], {
      imageDomains: [origin],
    });
    await expect.poll(() => loaded.some((url) => url.endsWith("/allowed.png"))).toBe(true);
  });

  test("a giant tree and a deep one are drawn as far as the bounds go, without a freeze", async () => {
    let deep: Tree = { type: "Text", value: "bottom" };
    for (let depth = 0; depth < 100; depth += 1) deep = { type: "Box", children: [deep] };
    const many = Array.from({ length: 5_000 }, (_, at) => ({ type: "Text", value: `row ${at}` }));
    const tookMs = await page.evaluate(
      async (json) => {
        const trees: unknown[] = JSON.parse(json);
        const began = performance.now();
        window.widgetPage.show(trees);
        await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
        return performance.now() - began;
      },
      JSON.stringify([card(...many), card(deep)]),
    );
    expect(tookMs).toBeLessThan(1_500);
    const count = await page.locator(".w-text").count();
    expect(count).toBeGreaterThan(1_900);
    expect(count).toBeLessThanOrEqual(2_000);
    expect(await page.getByText("…: this chat cannot show it.").count()).toBe(2);
  });

  test.each(["light", "dark"] as const)(
    "axe-core finds nothing in %s, and nothing is wider than 320 px",
    async (scheme) => {
      await show(gallery, { scheme });
      await page.locator(".w-chart-bars rect").first().waitFor();
      expect(await violations()).toEqual([]);
      await page.getByRole("button", { name: "Country Portugal" }).click();
      await page.getByRole("listbox").waitFor();
      expect(await violations()).toEqual([]);
      await page.getByRole("combobox", { name: "Search" }).press("Escape");
      await page.getByRole("button", { name: /^Send on/ }).click();
      await page.getByRole("grid").waitFor();
      expect(await violations()).toEqual([]);
      await page.getByRole("grid").press("Escape");
      await page.setViewportSize({ width: 320, height: 700 });
      await expect.poll(() => tooWide()).toEqual([]);
    },
  );

  test("works from right to left, in Spanish, and without motion", async () => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.evaluate(() => document.documentElement.setAttribute("dir", "rtl"));
    await show([mailForm, taskList], { locale: "es" });
    await page.getByRole("button", { name: "Mostrar 1 más" }).waitFor();
    const [label, field] = await Promise.all(
      ["Country", "Send on"].map((text) => page.locator(".w-label", { hasText: text }).boundingBox()),
    );
    expect(label?.x).toBeGreaterThan(field?.x ?? Number.POSITIVE_INFINITY);
    await page.getByRole("button", { name: /^Send on/ }).click();
    await page.getByText("marzo de 2026").waitFor();
    await expect.poll(() => focusedText()).toBe("18");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => focusedText()).toBe("19");
    expect(
      await page
        .locator(".w-popup:popover-open")
        .evaluate((element) => getComputedStyle(element).animationName),
    ).toBe("none");
  });

  async function show(widgets: readonly unknown[], options: WidgetPageOptions = {}): Promise<void> {
    await page.evaluate(([trees, given]) => window.widgetPage.show(trees, given), [
      widgets,
      options,
    ] as const);
    await page.locator(".frame").waitFor();
  }

  async function fired(): Promise<{ type: string; payload: unknown }[]> {
    const all = await page.evaluate(() => window.widgetPage.actions);
    return all.map(({ type, payload }) => ({ type, payload }));
  }

  function focusedText(): Promise<string | null | undefined> {
    return page.evaluate(() => document.querySelector("#root")?.shadowRoot?.activeElement?.textContent);
  }

  function focusedName(): Promise<string | null | undefined> {
    return page.evaluate(() =>
      document.querySelector("#root")?.shadowRoot?.activeElement?.getAttribute("name"),
    );
  }

  function tooWide(): Promise<string[]> {
    return page.evaluate(() =>
      [
        ...(document
          .querySelector("#root")
          ?.shadowRoot?.querySelectorAll(".w-card, .w-list, .w-input, .w-button, figure, .w-table") ?? []),
      ]
        .filter((element) => element.getBoundingClientRect().right > 320.5)
        .map((element) => element.className),
    );
  }

  async function violations(): Promise<string[]> {
    await page.evaluate(axe.source);
    const { violations: found } = (await page.evaluate("axe.run(document)")) as AxeRun;
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${JSON.stringify(target)} ${failureSummary}`),
    );
  }
});

function card(...children: unknown[]): Tree {
  return { type: "Card", children };
}
