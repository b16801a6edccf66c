// Time that is left, as text.

/** `09:41`; an hour and more in minutes: `60:00`. */
export function clockText(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  return `${twoDigits(Math.floor(seconds / 60))}:${twoDigits(seconds % 60)}`;
}

/** Changes once a minute, so that a screen reader is not handed something new every second. */
export function spokenText(leftMs: number): string {
  if (leftMs <= 0) return "no time left";
  const minutes = Math.floor(leftMs / 60_000);
  if (minutes === 0) return "less than a minute left";
  return minutes === 1 ? "1 minute left" : `${minutes} minutes left`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
