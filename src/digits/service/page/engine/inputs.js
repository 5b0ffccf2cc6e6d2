/** What the networks see, as `digits.model.inputs` makes it. */

import { clip, quantile, quantileOfBytes } from "./geometry.js";
import { above, connectedComponents } from "./pixels/components.js";
import { boxSums, dilate } from "./pixels/filters.js";
import { boundingBox, cropped, image, mapped, paste, rint } from "./pixels/image.js";
import { resizeArea, resizeLinear } from "./pixels/resize.js";
import { constants } from "./reader.js";

const {
  EDGE, SMOOTH_SIDE, TILE, TILE_BOX, NEAR, FAR, SAMPLED, QUIET, FLOOR, CHANNELS,
  MARGIN, PAPER_WINDOW, GRAIN, INK, DARK, NEIGHBOUR,
} = constants["model.inputs"];
const { fround } = Math;

/** The ink of one digit (0 paper, 255 ink) → a tile of 28 × 28 bytes, in MNIST's form. */
export function normaliseTile(ink) {
  const peak = ink.data.reduce((high, level) => Math.max(high, level), 0);
  if (peak === 0) return new Uint8Array(TILE * TILE);
  const window = boundingBox(above(ink, EDGE * peak));
  const square = squared(cropped(ink, ...window));
  const box = shrunk(square);
  const gain = fround(255 / box.data.reduce((high, level) => Math.max(high, level), 0));
  return centredByMass(mapped(box, Uint8Array, (level) => Math.min(rint(fround(level * gain)), 255)));
}

function squared(ink) {
  const odd = (ink.width + ink.height) % 2; // the middle lies between two pixels
  const source = odd ? doubled(ink) : ink;
  const { width, height } = source;
  const side = Math.max(width, height);
  return paste(image(side, side), source, (side - width) >> 1, (side - height) >> 1);
}

function doubled(source) {
  const made = image(2 * source.width, 2 * source.height);
  for (let y = 0; y < made.height; y++)
    for (let x = 0; x < made.width; x++)
      made.data[y * made.width + x] = source.data[(y >> 1) * source.width + (x >> 1)];
  return made;
}

function shrunk(square) {
  let ink = square;
  if (ink.width < SMOOTH_SIDE) {
    const side = ink.width * Math.ceil(SMOOTH_SIDE / ink.width);
    ink = side === ink.width ? ink : resizeLinear(ink, side, side);
  }
  return resizeArea(mapped(ink, Float32Array, (level) => level), TILE_BOX, TILE_BOX);
}

function centredByMass(box) {
  let [total, across, down] = [0, 0, 0];
  box.data.forEach((level, index) => {
    total += level;
    across += level * ((index % TILE_BOX) + 0.5);
    down += level * (Math.floor(index / TILE_BOX) + 0.5);
  });
  total = Math.max(total, 1);
  const left = Math.floor(TILE / 2 + 1 - across / total);
  const top = Math.floor(TILE / 2 + 1 - down / total);
  const wide = image(TILE + 2 * TILE_BOX, TILE + 2 * TILE_BOX);
  paste(wide, box, TILE_BOX + left, TILE_BOX + top);
  return cropped(wide, TILE_BOX, TILE_BOX, TILE, TILE).data;
}

/** Normalised local contrast of a grey picture: floats in three channels; zeros continue below and
 * to the right until the sides are multiples of `multiple`. */
export function localContrast(grey, multiple = 1) {
  const { width, height } = grey;
  const up = (side) => Math.ceil(side / multiple) * multiple;
  const page = image(up(width), up(height), CHANNELS, Float32Array);
  const near = deviation(grey, ...NEAR);
  const far = deviation(grey, ...FAR);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [from, to] = [y * width + x, (y * page.width + x) * CHANNELS];
      page.data[to] = near[from];
      page.data[to + 1] = far[from];
      page.data[to + 2] = (128 - grey.data[from]) / 64;
    }
  return page;
}

function deviation(grey, smaller, side) {
  const { width, height } = grey;
  const small = resizeArea(grey, Math.ceil(width / smaller), Math.ceil(height / smaller));
  const over = 1 / (side * side);
  const mean = mapped(boxSums(small, side), Float32Array, (sum) => sum * over);
  const square = mapped(boxSums(small, side, (level) => level * level), Float32Array, (sum) => sum * over);
  const spread = mapped(mean, Float32Array, (level, i) =>
    Math.sqrt(Math.max(fround(square.data[i] - fround(level * level)), 0)),
  );
  const strongest = quantile(sampled(spread, SAMPLED / smaller), 0.9);
  const quiet = fround(QUIET * strongest + FLOOR);
  const gain = mapped(spread, Float32Array, (value) => 1 / fround(value + quiet));
  const lifted = mapped(mean, Float32Array, (level, i) => level * gain.data[i]);
  const wideGain = resizeLinear(gain, width, height).data;
  const wideLift = resizeLinear(lifted, width, height).data;
  return wideLift.map((level, i) => level - fround(grey.data[i] * wideGain[i]));
}

function* sampled(source, step) {
  for (let y = 0; y < source.height; y += step)
    for (let x = 0; x < source.width; x += step) yield source.data[y * source.width + x];
}

/** The ink in a box of a line crop, without its neighbours': { tile, box, contrast }. */
export function segmentDigit(crop, box) {
  const [left, top, right, bottom] = windowAbout(box, crop);
  const from = Math.max(left - PAPER_WINDOW, 0);
  const to = Math.min(right + PAPER_WINDOW, crop.width);
  const paper = quantileOfBytes(cropped(crop, from, 0, to - from, crop.height).data, 0.5);
  const part = cropped(crop, left, top, right - left, bottom - top);
  let off = mapped(part, Float32Array, (level) => paper - level);
  const isLight = off.data.reduce((sum, value) => sum + value ** 3, 0) < 0;
  if (isLight) off = mapped(off, Float32Array, (value) => -value);
  const pen = Math.max(quantile(off.data, 0.97), 1);
  const contrast = pen / ((isLight ? paper + pen : paper) + DARK);
  const level = mapped(off, Float32Array, (value) =>
    clip(fround(fround(fround(value / fround(pen)) - fround(GRAIN)) / fround(1 - GRAIN)), 0, 1),
  );
  const own = withoutNeighbours(above(level, fround(INK)), level);
  const [x, y, wide, high] = boundingBox(own);
  const bytes = (value) => Math.trunc(fround(value * 255));
  if (!wide) return { tile: normaliseTile(mapped(level, Uint8Array, bytes)), box, contrast };
  const near = dilate(own, 3);
  const ink = mapped(level, Uint8Array, (value, i) => (near.data[i] ? bytes(value) : 0));
  return { tile: normaliseTile(ink), box: [left + x, top + y, wide, high], contrast };
}

function windowAbout([x, y, width, height], crop) {
  const [across, down] = [MARGIN * width + 1, MARGIN * height + 1];
  const left = Math.min(Math.max(Math.floor(x - across), 0), crop.width - 2);
  const top = Math.min(Math.max(Math.floor(y - down), 0), crop.height - 2);
  const right = Math.min(Math.ceil(x + width + across), crop.width);
  const bottom = Math.min(Math.ceil(y + height + down), crop.height);
  // a crop may be narrower than the window has to be
  const end = Math.min(Math.max(right, left + 2), crop.width);
  return [Math.max(left, 0), Math.max(top, 0), end, Math.max(bottom, top + 2)];
}

/** Without components at the border that are the smaller part: they belong to a neighbour. */
function withoutNeighbours(mask, level) {
  const { labels, boxes, centres } = connectedComponents(mask);
  const { width, height } = mask;
  const mass = new Float64Array(boxes.length);
  labels.forEach((label, index) => (mass[label] += level.data[index]));
  const total = mass.reduce((sum, each) => sum + each, 0) - mass[0];
  const isOwn = boxes.map(([x, y, wide, high], label) => {
    if (label === 0) return false;
    const touches = x === 0 || y === 0 || x + wide === width || y + high === height;
    const [across, down] = [centres[label][0] / (width - 1), centres[label][1] / (height - 1)];
    const off = Math.max(Math.abs(across - 0.5), Math.abs(down - 0.5));
    return !(touches && mass[label] < NEIGHBOUR * total && off > 0.3);
  });
  return mapped(mask, Uint8Array, (_, i) => (isOwn[labels[i]] ? 1 : 0));
}
