// Widgets: for whoever shows them, streams them or builds them from template files.

export { accumulateText } from "./text-states.ts";
export { checkWidget, widgetBounds } from "./widget-bounds.ts";
export { diffWidget } from "./widget-diff.ts";
export { widgetEvents, type WidgetEventsOptions } from "./widget-events.ts";
export { loadWidgetTemplate, type WidgetTemplate } from "./widget-template.ts";
