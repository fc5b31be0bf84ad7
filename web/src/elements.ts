/** Building elements without markup in strings: text stays text, whatever a document holds. */

type Child = Node | string;

/** Return an element with attributes and children. */
export function el(tag: string, attributes: Record<string, string> = {}, ...children: Child[]): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Return a card: a heading and what it is about. */
export function card(title: string, ...children: Child[]): HTMLElement {
  return el("section", { class: "card" }, el("h2", {}, title), ...children);
}

/** Return a list of names and values. */
export function pairs(rows: readonly (readonly [string, Child])[]): HTMLElement {
  const list = el("dl");
  for (const [name, value] of rows) list.append(el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  return list;
}

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  valid: ["M24 3a21 21 0 1 0 0 42a21 21 0 0 0 0-42Z", "M14 25l7 7l14-15"],
  invalid: ["M15.3 3h17.4L45 15.3v17.4L32.7 45H15.3L3 32.7V15.3Z", "M16 16l16 16M32 16L16 32"],
  unconfirmed: ["M24 3L45 24L24 45L3 24Z", "M19 19.5a5 5 0 1 1 7.2 4.4c-1.6 .9-2.2 1.7-2.2 3.6M24 33v.2"],
  skipped: ["M24 6a18 18 0 1 0 0 36a18 18 0 0 0 0-36Z", "M16 24h16"],
} as const;
export type Shape = keyof typeof SHAPES;

/** Return a symbol told apart by its outline: disc, octagon, broken diamond, ring. */
export function symbol(shape: Shape): SVGElement {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 48 48");
  drawn.setAttribute("class", `symbol ${shape}`);
  drawn.setAttribute("aria-hidden", "true");
  for (const [index, path] of SHAPES[shape].entries()) {
    const part = document.createElementNS(SVG, "path");
    part.setAttribute("d", path);
    part.setAttribute("class", index === 0 ? "outline" : "sign");
    drawn.append(part);
  }
  return drawn;
}
