/** Ink → candidates, as `digits.reading.single.components`. */

import { clip, intersection } from "../geometry.js";
import { above, connectedComponents } from "../pixels/components.js";
import { dilate, erode } from "../pixels/filters.js";
import { cropped, image, mapped, rint } from "../pixels/image.js";
import { constants } from "../reader.js";
import { withoutLines } from "./ruling.js";

const { THRESHOLDS, SMALLEST, MOST, NEAR, BROKEN, SOFT } = constants["reading.single.components"];

/** The components of an ink at each threshold, with ruled lines and without; each mask once. */
export function findComponents(ink) {
  const plain = ink.roomy ? withoutLines(ink.level) : null;
  const layers = [];
  for (const level of plain ? [ink.level, plain] : [ink.level]) {
    let inked = 0;
    for (const fraction of THRESHOLDS) {
      const mask = above(level, Math.trunc(255 * fraction));
      const count = countOf(mask.data);
      if (255 * fraction > ink.floor && count !== 0 && count !== inked)
        layers.push(layerOf(ink, level, mask));
      inked = count;
    }
  }
  return layers;
}

function countOf(is) {
  let count = 0;
  for (let i = 0; i < is.length; i++) count += is[i];
  return count;
}

function layerOf(source, level, mask) {
  const { labels, boxes } = connectedComponents(mask);
  const mass = new Float64Array(boxes.length);
  for (let i = 0; i < labels.length; i++) mass[labels[i]] += level.data[i];
  const large = boxes
    .map((_, label) => label)
    .filter((label) => label > 0 && Math.max(boxes[label][2], boxes[label][3]) >= SMALLEST)
    .sort((a, b) => mass[b] - mass[a] || a - b)
    .slice(0, MOST);
  return { source, level, labels, boxes, mass: mass.map((each) => each / 255), large };
}

export const isOne = (layer) => layer.boxes.length === 2;

/** All candidates in all layers; the same one in several once, as in the middle one of them. */
export function findCandidates(layers, detected) {
  const seen = new Map();
  for (const layer of layers)
    for (const parts of groupings(layer, detected)) {
      const key = keyOf(layer, parts);
      if (!seen.has(key)) seen.set(key, []);
      seen.get(key).push([layer, parts]);
    }
  return [...seen.values()].map((same) => cutOut(...same[same.length >> 1]));
}

/** Sets of components that may be a digit. */
function* groupings(layer, detected) {
  const { boxes, large } = layer;
  if (!large.length) return;
  const every = boxes.map((_, label) => label).slice(1);
  yield every;
  if (every.length === 1) return;
  for (const box of detected) {
    const within = every.filter(
      (label) => intersection(box, boxes[label]) > (boxes[label][2] * boxes[label][3]) / 2,
    );
    if (within.length) yield within;
  }
  yield* withNearParts(layer);
}

function* withNearParts({ boxes, mass, large }) {
  for (const main of large) {
    const [x, y, width, height] = boxes[main];
    const reach = NEAR * Math.max(width, height);
    const [caps, strokes] = [[], []];
    for (const other of large) {
      const [left, top, wide, high] = boxes[other];
      const across = Math.max(left - (x + width), x - (left + wide));
      const down = Math.max(top - (y + height), y - (top + high));
      const isWeaker = mass[other] >= BROKEN * mass[main] && mass[other] <= mass[main];
      if (other === main || !isWeaker) continue;
      const isCap = mass[other] < mass[main] / 2 && across < reach / 2 && down < reach;
      const isStroke = across < 0 && down < reach / 2;
      if (isCap) caps.push(other);
      if (isStroke) strokes.push([other, isCap]);
    }
    yield [main];
    if (caps.length) yield [main, ...caps];
    if (strokes.some(([, isCap]) => !isCap)) yield [main, ...strokes.map(([other]) => other)];
  }
}

function boxAround({ boxes }, parts) {
  const left = Math.min(...parts.map((label) => boxes[label][0]));
  const top = Math.min(...parts.map((label) => boxes[label][1]));
  const right = Math.max(...parts.map((label) => boxes[label][0] + boxes[label][2]));
  const bottom = Math.max(...parts.map((label) => boxes[label][1] + boxes[label][3]));
  return [left, top, right - left, bottom - top];
}

/** Equal for what is the same digit at another threshold. */
function keyOf(layer, parts) {
  const box = boxAround(layer, parts);
  const step = Math.max(2, Math.max(box[2], box[3]) / 8);
  return [...box.map((value) => rint(value / step)), 32 - Math.clz32(parts.length)].join();
}

/** A candidate: { box, ink, mass, contrast, source }; see the Python class. */
function cutOut(layer, parts) {
  const box = boxAround(layer, parts);
  const [x, y, width, height] = box;
  const { level } = layer;
  const [left, top] = [Math.max(x - SOFT, 0), Math.max(y - SOFT, 0)];
  const right = Math.min(x + width + SOFT, level.width);
  const bottom = Math.min(y + height + SOFT, level.height);
  const window = [left, top, right - left, bottom - top];
  const labels = { width: level.width, height: level.height, channels: 1, data: layer.labels };
  const around = cropped(labels, ...window);
  const darkness = cropped(level, ...window);
  const isPart = new Uint8Array(layer.boxes.length);
  for (const label of parts) isPart[label] = 1;
  const own = image(around.width, around.height);
  for (let i = 0; i < own.data.length; i++) own.data[i] = isPart[around.data[i]];
  const grown = dilate(own, 2 * SOFT + 1).data;
  const inner = erode(own, 2 * SOFT + 1).data;
  return {
    box,
    ink: mapped(darkness, Uint8Array, (value, i) =>
      grown[i] && (around.data[i] === 0 || own.data[i]) ? value : 0,
    ),
    mass: sumWhere(darkness, own.data) / 255,
    contrast: clip(contrastOf(darkness, own.data, inner, grown) / 255, 0.01, 1),
    source: layer.source,
  };
}

function sumWhere(picture, is) {
  let sum = 0;
  for (let i = 0; i < is.length; i++) if (is[i]) sum += picture.data[i];
  return sum;
}

/** How much darker a candidate is than what surrounds it, along its outline. */
function contrastOf(darkness, own, inner, grown) {
  const mean = (is) => {
    const count = countOf(is);
    return count ? sumWhere(darkness, is) / count : null;
  };
  const rim = mean(own.map((is, i) => (is && !inner[i] ? 1 : 0)));
  const outer = mean(grown.map((is, i) => (is && !own[i] ? 1 : 0)));
  return (rim ?? mean(own)) - (outer ?? 0);
}
