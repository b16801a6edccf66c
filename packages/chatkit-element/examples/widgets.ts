// Widgets as applications send them: for the gallery, its pictures and the accessibility checks.

const photo =
  "data:image/svg+xml," +
  encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 180"><defs><linearGradient id="a" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#5b8def"/><stop offset="1" stop-color="#b07bd8"/></linearGradient></defs><rect width="320" height="180" fill="url(#a)"/><circle cx="250" cy="50" r="26" fill="#fff" opacity=".7"/><path d="M0 180 90 80l60 66 44-40 126 74z" fill="#1f2d50" opacity=".55"/></svg>`,
  );

const countries = [
  "Argentina",
  "Austria",
  "Belgium",
  "Brazil",
  "Canada",
  "Chile",
  "Denmark",
  "Finland",
  "France",
  "Germany",
  "Iceland",
  "Ireland",
  "Italy",
  "Japan",
  "Mexico",
  "Norway",
  "Perú",
  "Portugal",
  "Spain",
  "Sweden",
];

export const flightCard = {
  type: "Card",
  size: "md",
  status: { text: "Booking", icon: "map-pin" },
  children: [
    {
      type: "Row",
      justify: "between",
      children: [
        { type: "Title", value: "Lisbon to Oslo", size: "md" },
        { type: "Badge", label: "On time", color: "success", pill: true },
      ],
    },
    {
      type: "Row",
      gap: 3,
      children: [
        {
          type: "Col",
          gap: 0,
          children: [
            { type: "Title", value: "09:40", size: "2xl" },
            { type: "Caption", value: "LIS · Terminal 1" },
          ],
        },
        { type: "Divider", flush: true },
        { type: "Spacer" },
        { type: "Icon", name: "chevron-right", color: "secondary", size: "lg" },
        { type: "Spacer" },
        {
          type: "Col",
          gap: 0,
          align: "end",
          children: [
            { type: "Title", value: "14:55", size: "2xl" },
            { type: "Caption", value: "OSL · Gate 22" },
          ],
        },
      ],
    },
    { type: "Divider", flush: true },
    {
      type: "Row",
      children: [
        { type: "Icon", name: "suitcase", color: "secondary" },
        { type: "Text", value: "One cabin bag, one checked bag", size: "sm", color: "secondary" },
      ],
    },
  ],
  confirm: { label: "Check in", action: { type: "flight.checkin", payload: { id: "f1" } } },
  cancel: { label: "Not now", action: { type: "flight.later" } },
};

export const mailForm = {
  type: "Card",
  asForm: true,
  children: [
    { type: "Title", value: "Send an e-mail", size: "sm" },
    {
      type: "Col",
      gap: 1,
      children: [
        { type: "Label", value: "To", fieldName: "mail.to" },
        {
          type: "Input",
          name: "mail.to",
          inputType: "email",
          required: true,
          placeholder: "name@example.com",
        },
      ],
    },
    {
      type: "Row",
      align: "end",
      wrap: "wrap",
      gap: 3,
      children: [
        {
          type: "Col",
          gap: 1,
          flex: 1,
          children: [
            { type: "Label", value: "Country", fieldName: "country" },
            {
              type: "Select",
              name: "country",
              block: true,
              clearable: true,
              defaultValue: "Portugal",
              options: countries.map((name) => ({ value: name, label: name })),
            },
          ],
        },
        {
          type: "Col",
          gap: 1,
          flex: 1,
          children: [
            { type: "Label", value: "Send on", fieldName: "when" },
            {
              type: "DatePicker",
              name: "when",
              block: true,
              defaultValue: "2026-03-18T00:00:00Z",
              min: "2026-03-05",
            },
          ],
        },
      ],
    },
    {
      type: "Col",
      gap: 1,
      children: [
        { type: "Label", value: "Message", fieldName: "mail.text" },
        {
          type: "Textarea",
          name: "mail.text",
          rows: 3,
          autoResize: true,
          defaultValue: "Dear all,\nsee you on Friday.",
        },
      ],
    },
    {
      type: "Col",
      gap: 1,
      children: [
        { type: "Label", value: "Priority", fieldName: "priority" },
        {
          type: "RadioGroup",
          name: "priority",
          defaultValue: "normal",
          options: [
            { value: "low", label: "Low" },
            { value: "normal", label: "Normal" },
            { value: "high", label: "High" },
          ],
        },
      ],
    },
    { type: "Checkbox", name: "copy", label: "Send me a copy", defaultChecked: true },
  ],
  confirm: { label: "Send", action: { type: "mail.send" } },
  cancel: { label: "Discard", action: { type: "mail.discard" } },
};

export const taskList = {
  type: "ListView",
  limit: 3,
  status: { text: "Tasks of this week", icon: "check-circle" },
  children: [
    ["Review the contract", "Legal", "warning", "Today", "document"],
    ["Call the supplier", "Operations", "info", "Tomorrow", "phone"],
    ["Plan the offsite", "People", "discovery", "Thursday", "calendar"],
    ["Renew the certificates", "Security", "danger", "Friday", "keys"],
  ].map(([title, team, color, when, icon], at) => ({
    type: "ListViewItem",
    key: String(at),
    onClickAction: { type: "task.open", payload: { at } },
    children: [
      {
        type: "Box",
        background: "surface-tertiary",
        radius: "lg",
        size: 36,
        align: "center",
        justify: "center",
        children: [{ type: "Icon", name: icon, color: "secondary" }],
      },
      {
        type: "Col",
        gap: 0,
        flex: 1,
        children: [
          { type: "Text", value: title, weight: "medium", truncate: true },
          { type: "Caption", value: when },
        ],
      },
      { type: "Badge", label: team, color },
    ],
  })),
};

export const salesCard = {
  type: "Card",
  size: "lg",
  children: [
    {
      type: "Col",
      gap: 0,
      children: [
        { type: "Caption", value: "Revenue, first half" },
        { type: "Title", value: "€ 1,284,300", size: "2xl" },
      ],
    },
    {
      type: "Chart",
      height: 220,
      showYAxis: true,
      showLegend: true,
      xAxis: "month",
      data: [
        { month: "Jan", shop: 120, partners: 60, plan: 150 },
        { month: "Feb", shop: 140, partners: 80, plan: 190 },
        { month: "Mar", shop: 170, partners: 70, plan: 230 },
        { month: "Apr", shop: 160, partners: 110, plan: 260 },
        { month: "May", shop: 210, partners: 120, plan: 300 },
        { month: "Jun", shop: 230, partners: 140, plan: 340 },
      ],
      series: [
        { type: "bar", label: "Shop", dataKey: "shop", stack: "all", color: "blue" },
        { type: "bar", label: "Partners", dataKey: "partners", stack: "all", color: "purple" },
        { type: "line", label: "Plan", dataKey: "plan", color: "orange", curveType: "monotone" },
      ],
    },
    {
      type: "Chart",
      aspectRatio: "3/1",
      xAxis: { dataKey: "d", hide: true },
      data: [4, 6, 5, 9, 7, 11, 8, 12, 14].map((v, d) => ({ d, v })),
      series: [{ type: "area", label: "Visits", dataKey: "v", color: "green", curveType: "natural" }],
    },
  ],
};

export const pictureCard = {
  type: "Card",
  size: "sm",
  children: [
    { type: "Image", src: photo, alt: "Mountains at dusk", flush: true, aspectRatio: "16/9", fit: "cover" },
    { type: "Title", value: "Three days in the fjords", size: "md" },
    {
      type: "Markdown",
      value: "Ferry, **two nights**, and a guided walk. [Programme](https://example.com/tour)",
    },
    {
      type: "Row",
      wrap: "wrap",
      children: [
        {
          type: "Button",
          label: "Reserve",
          style: "primary",
          iconStart: "calendar",
          onClickAction: { type: "reserve" },
        },
        {
          type: "Button",
          label: "Share",
          variant: "outline",
          iconStart: "external-link",
          onClickAction: { type: "share" },
        },
        { type: "Spacer" },
        {
          type: "Button",
          iconStart: "star",
          variant: "ghost",
          uniform: true,
          pill: true,
          onClickAction: { type: "star" },
        },
      ],
    },
  ],
};

export const tableCard = {
  type: "Card",
  size: "lg",
  children: [
    {
      type: "Table",
      children: [
        ["Item", "Status", "Amount"],
        ["Annual licence", "Paid", "€ 1,200.00"],
        ["Support", "Open", "€ 480.00"],
        ["Training", "Overdue", "€ 950.00"],
      ].map((row, at) => ({
        type: "Table.Row",
        header: at === 0,
        children: row.map((value, column) => ({
          type: "Table.Cell",
          align: column === 2 ? "end" : "start",
          children: [
            at > 0 && column === 1
              ? {
                  type: "Badge",
                  label: value,
                  color: { Paid: "success", Open: "info", Overdue: "danger" }[value],
                }
              : { type: "Text", value, size: "sm" },
          ],
        })),
      })),
    },
    {
      type: "Row",
      wrap: "wrap",
      children: ["secondary", "info", "discovery", "success", "warning", "danger"].flatMap((color) => [
        { type: "Badge", label: color, color, variant: "solid" },
        { type: "Badge", label: color, color, variant: "outline", size: "sm" },
      ]),
    },
    {
      type: "Row",
      wrap: "wrap",
      children: ["primary", "secondary", "info", "discovery", "success", "caution", "danger"].flatMap(
        (color) => [
          { type: "Button", label: color, color, variant: "solid", size: "sm" },
          { type: "Button", label: color, color, variant: "soft", size: "sm" },
          { type: "Button", label: color, color, variant: "outline", size: "sm", pill: true },
        ],
      ),
    },
  ],
};

export const inverseCard = {
  type: "Card",
  size: "sm",
  theme: "dark",
  children: [
    { type: "Title", value: "Night shift" },
    { type: "Text", value: "Keeps its own scheme whatever the page's.", color: "secondary", size: "sm" },
    { type: "Text", value: "Change me", editable: { name: "title", required: true } },
    { type: "Hologram" },
  ],
};

/** A root of its own kind, with a form inside that is sent by a button, and a text that fades to its next value. */
export const basicForm = {
  type: "Basic",
  children: [
    { type: "Title", value: "Table for two", size: "sm" },
    {
      type: "Transition",
      children: { type: "Text", id: "wait", value: "The kitchen is open until ten.", color: "secondary" },
    },
    {
      type: "Form",
      direction: "row",
      gap: 2,
      align: "end",
      onSubmitAction: { type: "table.book" },
      children: [
        {
          type: "Col",
          gap: 1,
          flex: 1,
          children: [
            { type: "Label", value: "Name", fieldName: "guest" },
            { type: "Input", name: "guest", placeholder: "Ada Lovelace" },
          ],
        },
        { type: "Button", label: "Book", submit: true, style: "primary" },
      ],
    },
  ],
};

export const gallery = [
  flightCard,
  mailForm,
  taskList,
  salesCard,
  pictureCard,
  tableCard,
  inverseCard,
  basicForm,
];
