// Small helpers around the document.

export const $ = (id) => document.getElementById(id);

/** An element: functions become listeners, everything else attributes; null and false are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null));
  return node;
}

/** A probability for people: "99.3 %", never a plain 0 or 100. */
export function percent(p) {
  if (p > 0.999) return "> 99.9 %";
  if (p < 0.001) return "< 0.1 %";
  return `${(100 * p).toFixed(p >= 0.9 || p < 0.1 ? 1 : 0)} %`;
}

/** "1 number", "3 numbers". */
export const count = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

/** A bar that is full at 1, for the eye alone. */
export function bar(share, kind = "") {
  const fill = el("i");
  fill.style.width = `${100 * Math.min(Math.max(share, 0), 1)}%`;
  return el("span", { class: `bar ${kind}`, "aria-hidden": "true" }, fill);
}

/**
 * One stop of the Tab key for many items; arrows, Home and End move within.
 * `chosen(item)` is called for the item that gets the focus.
 */
export function roving(box, selector, chosen = () => {}) {
  const items = () => [...box.querySelectorAll(selector)];
  box.addEventListener("focusin", (event) => {
    const item = event.target.closest(selector);
    if (!item) return;
    for (const other of items()) other.tabIndex = other === item ? 0 : -1;
    chosen(item);
  });
  box.addEventListener("keydown", (event) => {
    const all = items(), at = all.indexOf(event.target);
    if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1,
      ArrowDown: at + columns(all), ArrowUp: at - columns(all) }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[Math.min(Math.max(next, 0), all.length - 1)].focus();
  });
}

/** How many of the items stand in the first row. */
function columns(items) {
  const top = items[0].offsetTop;
  const below = items.findIndex((item) => item.offsetTop > top);
  return below < 0 ? items.length : below;
}

/** Gives the user a file. */
export function download(name, blob) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
