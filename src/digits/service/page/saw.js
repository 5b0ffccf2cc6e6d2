// What the model saw, on three depths: all layers, one layer's maps, one cell and its sum.

import { $, count, el, percent, roving } from "./dom.js";
import { tenBars } from "./answer.js";
import { showCell } from "./cell.js";
import { newestOnly } from "./live.js";
import { largest, mapCanvas, mosaic, paint } from "./maps.js";
import { layers } from "./reader.js";

const IN_STRIP = 12; // maps of a layer that its picture in the strip shows
const state = { digits: [], digit: null, shown: null, seen: null, layer: null, map: null, cell: null };
let inView = false;

const ask = newestOnly(async (signal) => {
  const { digit } = state;
  if (!digit) return;
  try {
    const seen = await layers(digit.tile, { signal });
    if (digit !== state.digit) return; // there is a newer one
    Object.assign(state, { seen, shown: digit });
    render();
  } catch (error) {
    if (error.name !== "AbortError") $("saw-body").replaceChildren(el("p", { class: "error" }, error.message));
  }
});

/** Once: the network is asked only while this part of the page can be seen. */
export function setUpSaw() {
  new IntersectionObserver(([entry]) => {
    inView = entry.isIntersecting;
    if (inView && state.digit !== state.shown) ask(true);
  }, { rootMargin: "200px" }).observe($("saw"));
  empty();
}

/** The pen was lifted: its answer comes first, and what it shows will be asked for anew. */
export const waitForAnswer = () => ask.stop();

/** Follows a reading: shows the chosen digit of it, or the last. */
export function lookAt(reading, chosen = null) {
  state.digits = (reading?.numbers ?? []).flatMap((number) => number.digits).filter((digit) => digit.tile);
  const next = chosen ?? state.digits.at(-1) ?? null;
  if (next === state.digit) return;
  state.digit = next;
  if (!next) return empty();
  if (inView) ask(false);
}

function empty() {
  Object.assign(state, { seen: null, shown: null });
  $("saw-body").replaceChildren(el("p", { class: "faint" }, "Write a digit above, and what the network makes of it appears here, layer by layer, while you write."));
}

function render() {
  const focused = document.activeElement?.dataset?.key;
  const { seen } = state;
  const names = seen.layers.map((layer) => layer.name);
  if (!names.includes(state.layer)) state.layer = state.map = null;
  $("saw-body").replaceChildren(...[
    chooser(), overview(), strip(),
    state.layer && layerView(seen.layers[names.indexOf(state.layer)]),
  ].filter(Boolean));
  if (focused) $("saw-body").querySelector(`[data-key="${focused}"]`)?.focus();
}

/** The digits of the reading, one of which is looked into. */
function chooser() {
  if (state.digits.length < 2) return null;
  const list = el("div", { class: "chooser", role: "group", "aria-label": "Digit to look into" },
    state.digits.slice(0, 60).map((digit, k) => el("button", {
      type: "button", class: "tile-button", "data-key": `digit ${k}`, "aria-pressed": String(digit === state.digit),
      "aria-label": `${digit.digit}, digit ${k + 1} of ${state.digits.length}`,
      tabindex: digit === state.digit ? 0 : -1,
      onclick: () => { state.digit = digit; ask(true); },
    }, mapCanvas(digit.tile, "tile"))));
  roving(list, "button");
  return list;
}

function overview() {
  const { shown: digit, seen } = state;
  const heat = el("div", { class: "heat-frame" }, mapCanvas(digit.tile, "tile"), mapCanvas(seen.heatmap, "heat"));
  const order = [...seen.probabilities.keys()].sort((one, other) => seen.probabilities[other] - seen.probabilities[one]);
  return el("div", { class: "overview" },
    figure(el("div", { class: "heat-frame" }, mapCanvas(digit.tile, "tile")), "The tile: 28 × 28 numbers are all it gets"),
    figure(heat, el("span", {}, el("span", { class: "above" }, `Ink that spoke for ${order[0]}`), ", ", el("span", { class: "below" }, `for ${order[1]}`))),
    figure(tenBars(seen.probabilities, order[0]), `${order[0]} with ${percent(seen.probabilities[order[0]])}; a digit at all: ${percent(digit.is_digit ?? 1)}`));
}

const figure = (content, caption) => el("figure", {}, content, el("figcaption", {}, caption));

/** First depth: every layer as a small picture of its first maps. */
function strip() {
  const buttons = state.seen.layers.map((layer) => {
    const isChosen = layer.name === state.layer;
    return el("li", {}, el("button", {
      type: "button", "data-key": layer.name, "aria-pressed": String(isChosen),
      onclick: () => {
        Object.assign(state, { layer: isChosen ? null : layer.name, map: null, cell: null });
        render();
      },
    }, thumbnail(layer.maps), el("b", {}, titleOf(layer.name)), el("small", {}, sizeOf(layer.maps))));
  });
  return el("div", {}, el("h3", {}, "Layer by layer"),
    el("p", { class: "faint" }, "From the tile on the left to ten numbers on the right. Choose a layer to see all of its maps."),
    el("ol", { class: "strip", tabindex: "0", "aria-label": "Layers" }, buttons));
}

function thumbnail(maps) {
  if (maps[0].length > 1) {
    const some = maps.slice(0, IN_STRIP);
    return mosaic(some, some.length > 1 ? 3 : 1);
  }
  const columns = maps.length > 10 ? 8 : 2;
  return mosaic(maps, columns);
}

const titleOf = (name) => ({ tiles: "the tile", logits: "ten logits" })[name] ?? name;

function sizeOf(maps) {
  const [height, width] = [maps[0].length, maps[0][0].length];
  return height * width === 1 ? count(maps.length, "number") : `${count(maps.length, "map")} of ${width} × ${height}`;
}

/** Second depth: all maps of a layer; and below, the third. */
function layerView(layer) {
  const top = largest(layer.maps), isFlat = layer.maps[0].length === 1;
  const grid = el("div", { class: isFlat ? "maps flat" : "maps", role: "group", "aria-label": `Maps of ${titleOf(layer.name)}` },
    layer.maps.map((map, k) => {
      const canvas = mapCanvas(map);
      paint(canvas, map, "map", top);
      return el("button", {
        type: "button", "data-key": `map ${k}`, "aria-pressed": String(k === state.map),
        "aria-label": isFlat ? `number ${k}: ${map[0][0].toFixed(2)}` : `map ${k + 1}`,
        title: isFlat ? map[0][0].toFixed(3) : `map ${k + 1}`,
        tabindex: k === (state.map ?? 0) ? 0 : -1,
        onclick: () => { state.map = k; state.cell ??= middleOf(map); render(); },
      }, canvas, layer.maps.length <= 10 ? el("small", {}, `${k}: ${map[0][0].toFixed(1)}`) : null);
    }));
  roving(grid, "button");
  const hint = isFlat ? "" : " Choose one to see how a cell of it is computed.";
  return el("div", {}, el("h3", {}, `${titleOf(layer.name)}: ${sizeOf(layer.maps)}`),
    el("p", { class: "faint" }, meaningOf(layer.name) + hint), grid,
    state.map === null || isFlat ? null : cellView(layer));
}

const MEANINGS = {
  tiles: "The ink, brighter where there is more.",
  convolution: "Each map looks for one small pattern, and lights up where it finds it.",
  sum: "Each cell adds the cells at its place in two earlier layers: a short cut, which lets deep networks learn.",
  mean: "Each number is the mean of one map: how much of its pattern there is, wherever it is.",
  logits: "One score a digit. The highest wins; how far ahead it is makes the probability.",
  maximum: "Each cell is the largest of a few cells before.",
  dense: "Each number is a weighted sum of all numbers before.",
};
const meaningOf = (name) => MEANINGS[name.split(" ")[0]] ?? "";

const middleOf = (map) => [Math.floor(map.length / 2), Math.floor(map[0].length / 2)];

/** Third depth: the chosen map enlarged, and the sum behind one of its cells. */
function cellView(layer) {
  const map = layer.maps[state.map], body = el("div", { class: "sum" });
  const [rows, columns] = [map.length, map[0].length];
  state.cell = [Math.min(state.cell[0], rows - 1), Math.min(state.cell[1], columns - 1)];
  const cursor = el("i", { class: "cursor" });
  const big = el("div", { class: "big-map", tabindex: "0", role: "application", "data-key": "cell",
    "aria-label": `Map ${state.map + 1}, ${rows} rows of ${columns} cells; arrows move the cell` }, mapCanvas(map), cursor);
  const go = (row, column) => {
    state.cell = [Math.min(Math.max(row, 0), rows - 1), Math.min(Math.max(column, 0), columns - 1)];
    Object.assign(cursor.style, {
      left: `${(100 * state.cell[1]) / columns}%`, top: `${(100 * state.cell[0]) / rows}%`,
      width: `${100 / columns}%`, height: `${100 / rows}%` });
    showCell(body, { seen: state.seen, layer, map: state.map, cell: state.cell, tile: state.shown.tile });
  };
  const toPointer = ({ clientX, clientY }) => {
    const box = big.getBoundingClientRect();
    go(Math.floor(((clientY - box.top) / box.height) * rows), Math.floor(((clientX - box.left) / box.width) * columns));
  };
  big.addEventListener("pointerdown", toPointer);
  big.addEventListener("pointermove", (event) => event.pointerType === "mouse" && toPointer(event));
  big.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    go(state.cell[0] + step[0], state.cell[1] + step[1]);
  });
  go(...state.cell);
  return el("div", { class: "cell-view" },
    el("div", {}, big, el("p", { class: "faint" }, `Map ${state.map + 1}. Point at a cell, or move with the arrows.`)), body);
}
