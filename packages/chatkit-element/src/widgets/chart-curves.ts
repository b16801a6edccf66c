// Lines through points, as SVG path data. The names are those of the protocol's `curveType`.

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The path begins with `start`, "M" for a line of its own and "L" to go on from where another ended. */
export function curvePath(points: readonly Point[], curve: string | null, start: "M" | "L" = "M"): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const head = `${start}${at(first)}`;
  const closing = curve?.endsWith("Closed") === true && start === "M" ? "Z" : "";
  if (rest.length < 2 && !curve?.startsWith("step") && !curve?.startsWith("bump"))
    return head + lines(rest) + closing;
  switch (curve) {
    case "step":
    case "stepBefore":
    case "stepAfter":
      return head + steps(points, curve);
    case "bump":
    case "bumpX":
      return (
        head +
        pairs(points, (a, b) => cubic({ x: (a.x + b.x) / 2, y: a.y }, { x: (a.x + b.x) / 2, y: b.y }, b))
      );
    case "bumpY":
      return (
        head +
        pairs(points, (a, b) => cubic({ x: a.x, y: (a.y + b.y) / 2 }, { x: b.x, y: (a.y + b.y) / 2 }, b))
      );
    case "basis":
    case "basisOpen":
    case "basisClosed":
      return head + basis(points) + closing;
    case "natural":
      return head + sloped(points, naturalSlopes(points));
    case "monotone":
    case "monotoneX":
    case "monotoneY":
      return head + sloped(points, monotoneSlopes(points));
    default:
      return head + lines(rest) + closing;
  }
}

function lines(points: readonly Point[]): string {
  return points.map((point) => `L${at(point)}`).join("");
}

function steps(points: readonly Point[], kind: "step" | "stepBefore" | "stepAfter"): string {
  return pairs(points, (a, b) => {
    const x = kind === "stepBefore" ? a.x : kind === "stepAfter" ? b.x : (a.x + b.x) / 2;
    return `H${round(x)}V${round(b.y)}H${round(b.x)}`;
  });
}

/** A uniform B-spline that begins and ends on its outer points. */
function basis(points: readonly Point[]): string {
  const get = (index: number) => points[Math.max(0, Math.min(index, points.length - 1))] ?? { x: 0, y: 0 };
  const mix = (a: Point, b: Point, part: number) => ({
    x: a.x + (b.x - a.x) * part,
    y: a.y + (b.y - a.y) * part,
  });
  let path = "";
  for (const [index, b] of points.entries()) {
    const [a, c] = [get(index - 1), get(index + 1)];
    path += cubic(mix(a, b, 1 / 3), mix(a, b, 2 / 3), mix(mix(a, b, 2 / 3), mix(b, c, 1 / 3), 1 / 2));
  }
  return `${path}L${at(get(points.length - 1))}`;
}

/** Never rises above or falls below the points it joins. */
function monotoneSlopes(points: readonly Point[]): number[] {
  const secants = secantsOf(points);
  return points.map((_, index) => {
    const [before, after] = [secants[index - 1], secants[index]];
    if (before === undefined || after === undefined) return before ?? after ?? 0;
    if (before * after <= 0) return 0;
    return (
      Math.sign(before) *
      Math.min((Math.abs(before) + Math.abs(after)) / 2, 3 * Math.abs(before), 3 * Math.abs(after))
    );
  });
}

/** Slopes of the spline whose curvature is continuous and nothing at its ends. */
function naturalSlopes(points: readonly Point[]): number[] {
  const secants = secantsOf(points);
  const widths = gapsOf(points);
  const ratios: number[] = [];
  const values: number[] = [];
  for (const [index] of points.entries()) {
    const before = 1 / (widths[index - 1] ?? Number.POSITIVE_INFINITY);
    const after = 1 / (widths[index] ?? Number.POSITIVE_INFINITY);
    const wanted = 3 * (before * (secants[index - 1] ?? 0) + after * (secants[index] ?? 0));
    const scale = 2 * (before + after) - before * (ratios[index - 1] ?? 0);
    ratios.push(after / scale);
    values.push((wanted - before * (values[index - 1] ?? 0)) / scale);
  }
  const slopes = [...values];
  for (let index = slopes.length - 2; index >= 0; index -= 1) {
    slopes[index] = (values[index] ?? 0) - (ratios[index] ?? 0) * (slopes[index + 1] ?? 0);
  }
  return slopes;
}

function sloped(points: readonly Point[], slopes: readonly number[]): string {
  return pairs(points, (a, b, index) => {
    const third = (b.x - a.x) / 3;
    return cubic(
      { x: a.x + third, y: a.y + third * (slopes[index] ?? 0) },
      { x: b.x - third, y: b.y - third * (slopes[index + 1] ?? 0) },
      b,
    );
  });
}

function secantsOf(points: readonly Point[]): number[] {
  const widths = gapsOf(points);
  return widths.map((width, index) => ((points[index + 1]?.y ?? 0) - (points[index]?.y ?? 0)) / width);
}

function gapsOf(points: readonly Point[]): number[] {
  return points.slice(1).map((point, index) => {
    const gap = Math.abs(point.x - (points[index]?.x ?? 0));
    // Closer than can be seen, and too close to divide by.
    return gap < 0.01 ? 1 : gap;
  });
}

function pairs(points: readonly Point[], draw: (a: Point, b: Point, index: number) => string): string {
  return points
    .slice(1)
    .map((b, index) => draw(points[index] ?? b, b, index))
    .join("");
}

function cubic(a: Point, b: Point, end: Point): string {
  return `C${at(a)} ${at(b)} ${at(end)}`;
}

function at({ x, y }: Point): string {
  return `${round(x)},${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
