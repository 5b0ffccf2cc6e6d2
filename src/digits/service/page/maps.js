// Draws tiles, feature maps and heat maps, a canvas pixel a cell.

import { el } from "./dom.js";

/** A canvas of the right size; give it to `paint` again to change what it shows. */
export function mapCanvas(map, kind = "map") {
  const canvas = el("canvas", { class: kind, "aria-hidden": "true" });
  paint(canvas, map, kind);
  return canvas;
}

/** map: rows of numbers. kind: "tile" (ink in 0–255), "heat" (drawn over a tile) or "map". */
export function paint(canvas, map, kind = "map", top = largest([map])) {
  [canvas.width, canvas.height] = [map[0].length, map.length];
  draw(canvas, [map], 1, kind, top);
}

/** The largest absolute value in some maps, so that they can share a scale. */
export function largest(maps) {
  let top = 0;
  for (const map of maps) for (const row of map) for (const value of row) top = Math.max(top, Math.abs(value));
  return top;
}

/** Several maps in one picture, with a gap of a pixel. */
export function mosaic(maps, columns) {
  const [height, width] = [maps[0].length, maps[0][0].length];
  const rows = Math.ceil(maps.length / columns);
  const canvas = el("canvas", { class: "map", "aria-hidden": "true" });
  [canvas.width, canvas.height] = [columns * (width + 1) - 1, rows * (height + 1) - 1];
  draw(canvas, maps, columns, "map", largest(maps));
  return canvas;
}

/** Maps of one size, side by side in columns, with a gap of a pixel; `top` is drawn in full. */
function draw(canvas, maps, columns, kind, top) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const { above, below, ink } = colours(), isTile = kind === "tile";
  maps.forEach((map, k) => {
    const left = (k % columns) * (map[0].length + 1), first = Math.floor(k / columns) * (map.length + 1);
    map.forEach((row, y) => row.forEach((value, x) => {
      const share = isTile ? value / 255 : (Math.abs(value) / (top || 1)) ** 0.7;
      const colour = isTile ? ink : value < 0 ? below : above;
      let at = 4 * ((first + y) * image.width + left + x);
      for (const part of colour) image.data[at++] = part;
      image.data[at] = Math.round(255 * Math.min(share, 1));
    }));
  });
  context.putImageData(image, 0, 0);
}

/** The theme's colours for maps, as RGB. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => style.getPropertyValue(name).trim().split(/\s+/).map(Number);
  return { above: rgb("--rgb-above"), below: rgb("--rgb-below"), ink: rgb("--rgb-ink") };
}
