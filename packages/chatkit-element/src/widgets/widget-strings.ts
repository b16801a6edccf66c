// Words that widgets add of their own.

import { wordsIn } from "../language.ts";

const english = {
  widget: "Widget",
  unknown: (type: string) => `${type}: this chat cannot show it.`,
  busy: "Wait until the answer is complete.",
  unavailable: "This chat has no connection to act on.",
  inProgress: "In progress",
  showMore: (count: number) => `Show ${count} more`,
  showDetails: "Show details",
  hideDetails: "Hide details",
  choose: "Choose…",
  search: "Search",
  noMatch: "Nothing found",
  clear: "Clear",
  chooseDate: "Choose a date",
  previousMonth: "Previous month",
  nextMonth: "Next month",
  hiddenImage: "Image from a place this chat does not load from",
  chart: "Chart",
  table: "Table",
  details: "Details",
};

export type WidgetStrings = typeof english;

const spanish: WidgetStrings = {
  widget: "Widget",
  unknown: (type) => `${type}: este chat no puede mostrarlo.`,
  busy: "Espera a que termine la respuesta.",
  unavailable: "Este chat no tiene conexión para actuar.",
  inProgress: "En curso",
  showMore: (count) => `Mostrar ${count} más`,
  showDetails: "Mostrar detalles",
  hideDetails: "Ocultar detalles",
  choose: "Elegir…",
  search: "Buscar",
  noMatch: "Sin resultados",
  clear: "Borrar",
  chooseDate: "Elegir una fecha",
  previousMonth: "Mes anterior",
  nextMonth: "Mes siguiente",
  hiddenImage: "Imagen de un lugar que este chat no carga",
  chart: "Gráfico",
  table: "Tabla",
  details: "Detalles",
};

/** English for every language without a table. */
export function widgetStrings(locale: string): WidgetStrings {
  return wordsIn(locale) === "es" ? spanish : english;
}
