// The sum behind one cell of a convolution, multiplication by multiplication.

import { count, el } from "./dom.js";
import { mapCanvas } from "./maps.js";
import { layers } from "./reader.js";

const WRITTEN_OUT = 3; // input maps whose multiplications are written out
const kernels = new Map(); // by layer and map: they do not depend on the tile

const plain = (value) => value.toFixed(2).replace(/^-0.00$/, "0.00").replace("-", "−");
const signed = (value) => (value < 0 ? `− ${plain(-value)}` : `+ ${plain(value)}`);

/** Fills `body` with the sum of the cell [row, column] of a map; from the network's own weights. */
export async function showCell(body, { seen, layer, map, cell, tile }) {
  body.dataset.cell = cell.join(" ");
  const kernel = await kernelOf(layer, map, tile).catch(() => null);
  if (body.dataset.cell !== cell.join(" ")) return; // the pointer is elsewhere by now
  const value = layer.maps[map][cell[0]][cell[1]];
  if (!kernel) {
    body.replaceChildren(el("p", {}, `Row ${cell[0] + 1}, column ${cell[1] + 1}: `, el("b", {}, plain(value))));
    return;
  }
  const parts = partsOf(kernel, seen, cell);
  const total = parts.reduce((sum, part) => sum + part.sum, 0) + kernel.bias;
  const shown = parts.slice(0, WRITTEN_OUT), rest = parts.slice(WRITTEN_OUT);
  body.replaceChildren(
    ...shown.map((part) => partView(part, kernel)),
    el("p", { class: "total" },
      shown.map((part, k) => (k ? ` ${signed(part.sum)}` : plain(part.sum))),
      rest.length ? el("span", { class: "faint" }, ` ${signed(sumOf(rest))} (${count(rest.length, "other map")})`) : null,
      el("span", { class: "faint" }, ` ${signed(kernel.bias)} (bias)`),
      ` = ${plain(total)}`, arrow(total, value), el("b", {}, plain(value))));
}

const sumOf = (parts) => parts.reduce((sum, part) => sum + part.sum, 0);

/** What becomes of the sum: nothing below 0 passes, and 8 bits round it. */
function arrow(total, value) {
  const why = total < 0 && value === 0 ? "below 0: cut off" : "rounded to 8 bits";
  return el("span", { class: "faint" }, ` → ${why} → `);
}

/** weights (C, h, w) of one map, bias, source and its first map, strides, padding. */
async function kernelOf(layer, map, tile) {
  if (!/^convolution/.test(layer.name)) return null;
  const key = `${layer.name} ${map}`;
  if (!kernels.has(key)) {
    const seen = await layers(tile, { layer: layer.name, map });
    kernels.set(key, seen.layers.find((each) => each.name === layer.name).kernel);
  }
  return kernels.get(key);
}

/** What each input map adds, the largest first. */
function partsOf(kernel, seen, [row, column]) {
  const source = seen.layers.find((layer) => layer.name === kernel.source);
  const [top, left] = [row * kernel.strides[0] - kernel.padding[0], column * kernel.strides[1] - kernel.padding[1]];
  const parts = kernel.weights.map((weights, k) => {
    const map = source.maps[kernel.first + k];
    const inputs = weights.map((line, y) => line.map((_, x) => map[top + y]?.[left + x] ?? 0));
    const sum = weights.flat().reduce((all, weight, n) => all + weight * inputs.flat()[n], 0);
    return { k: kernel.first + k, map, weights, inputs, sum, top, left };
  });
  return parts.sort((one, other) => Math.abs(other.sum) - Math.abs(one.sum));
}

function partView({ k, map, weights, inputs, sum, top, left }, kernel) {
  const strongest = Math.max(...weights.flat().map((w, n) => Math.abs(w * inputs.flat()[n])), 1e-9);
  const rows = weights.map((line, y) => el("tr", {}, line.map((weight, x) => {
    const product = weight * inputs[y][x];
    const node = el("td", { class: product < 0 ? "minus" : "plus" },
      el("span", {}, `${plain(inputs[y][x])} `), el("span", {}, `× ${plain(weight)}`), el("b", {}, plain(product)));
    node.style.setProperty("--share", Math.abs(product) / strongest);
    return node;
  })));
  const frame = el("i", { class: "cursor" });
  Object.assign(frame.style, {
    left: `${(100 * left) / map[0].length}%`, top: `${(100 * top) / map.length}%`,
    width: `${(100 * weights[0].length) / map[0].length}%`, height: `${(100 * weights.length) / map.length}%` });
  const name = kernel.source === "tiles" ? "the tile" : `map ${k + 1} of ${kernel.source}`;
  return el("div", { class: "part" },
    el("div", {}, el("div", { class: "source" }, mapCanvas(map), frame), el("small", {}, name)),
    el("table", {}, el("caption", {}, `input × weight, from ${name}: ${plain(sum)}`), el("tbody", {}, rows)));
}
