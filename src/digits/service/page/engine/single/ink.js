/** Pixels → ink, as `digits.reading.single.ink`: what is paper, what is pen, how dark it is. */

import { clip, largest, quantile, quantileOfBytes, select } from "../geometry.js";
import { above, connectedComponents, otsu } from "../pixels/components.js";
import { boxSums, dilate, erode, medianBlur, separable } from "../pixels/filters.js";
import { channel, image, inverted, mapped, rint } from "../pixels/image.js";
import { inpaint } from "../pixels/inpaint.js";
import { resizeArea, resizeLinear } from "../pixels/resize.js";
import { bounds, chanceOfLightPen, meanOfColours } from "../polarity.js";
import { constants } from "../reader.js";

const {
  SMALL, EVEN, SOLID, MOST_INK, FAINTEST, PLAIN, LEAST_CHANCE, DARKEST_PAPER, BLANK, SPECKS,
  DENSEST, FINE, NEAR_RIM, LINE, WHOLE_LINE, BESIDE_LINE, TINY, GRAINS,
} = constants["reading.single.ink"];
const { fround } = Math;
const SMOOTH = [1, 4, 6, 4, 1].map((share) => share / 16); // Gaussian over 5 pixels
const sideOf = ({ width, height }) => Math.max(width, height);

/** The inks of a picture of three colours, its longest side at most so many pixels.
 *
 * An ink is { level, floor, scale, darkest, chance, roomy }; see the Python class.
 */
export function findInks(picture, longest) {
  const scale = Math.max(1, sideOf(picture) / longest);
  let small = scale === 1 ? picture : shrunk(picture, scale);
  if (sideOf(small) > SMALL) small = withoutSpecks(small);
  const even = isEven(small);
  const paper = even ? null : unevenPaper(tiny(small), small);
  const light = chanceOfLightPen(small, paper);
  const sides = [[1 - light, small], [light, inverted(small)]].sort((a, b) => b[0] - a[0]);
  const inks = [];
  for (const [chance, side] of sides) {
    if (chance <= PLAIN && inks.length) continue;
    const ink = inkOf(side, scale, Math.max(chance, LEAST_CHANCE), even);
    if (ink) inks.push(ink);
  }
  return inks;
}

function shrunk(picture, scale) {
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, rint(side / scale)));
  return resizeArea(picture, width, height);
}

/** Whether all paper has one brightness, as in drawings. */
export function isEven(picture) {
  if (sideOf(picture) <= SMALL) return true;
  const grey = medianBlur(mapped(meanOfColours(picture), Uint8Array, rint), 3);
  const bright = above(grey, otsu(grey));
  const count = bright.data.reduce((sum, each) => sum + each, 0);
  const total = bright.data.length;
  if (count === 0 || count === total) return false;
  const brightIsPaper = 2 * count >= total;
  const isPaper = brightIsPaper ? bright : mapped(bright, Uint8Array, (each) => 1 - each);
  const share = (brightIsPaper ? count : total - count) / total;
  const inner = erode(isPaper, 5).data;
  const paper = grey.data.filter((_, i) => inner[i]);
  let sum = [0, 0];
  grey.data.forEach((level, i) => (sum[bright.data[i]] += level));
  const contrast = sum[1] / count - sum[0] / (total - count);
  if (contrast < SOLID * 255 || share < 1 - MOST_INK || !paper.length) return false;
  return between(paper, 0.95) - between(paper, 0.05) <= EVEN * contrast;
}

/** A quantile of bytes, interpolated. */
function between(bytes, fraction) {
  const counts = new Float64Array(256);
  for (const level of bytes) counts[level]++;
  const at = fraction * (bytes.length - 1);
  const place = (rank) => {
    let level = 0;
    for (let below = counts[0]; below <= rank; below += counts[level]) level++;
    return level;
  };
  const low = place(Math.floor(at));
  return low + (place(Math.ceil(at)) - low) * (at % 1);
}

function inkOf(picture, scale, chance, even) {
  const taken = lightTaken(picture, even);
  const values = taken.data;
  const isTile = sideOf(taken) <= SMALL;
  const grain = isTile ? 0 : 1.4826 * deviation(values);
  let peak = even ? bounds(values)[1] : quantile(values, 0.9995);
  if (peak < Math.max(FAINTEST, BLANK * grain)) return null;
  if (even && !isTile) peak = quantile(values.filter((value) => value > fround(peak / 2)), 0.9);
  const darkest = even ? peak : Math.max(quantile(values, 0.998), FAINTEST);
  const gain = fround(255 / darkest);
  const level = mapped(taken, Uint8Array, (value) => Math.trunc(clip(fround(value * gain), 0, 255)));
  const floor = 255 * Math.min(1, (GRAINS * grain) / darkest);
  return { level, floor, scale, darkest, chance, roomy: !isTile || isFramed(level) };
}

/** The median distance from the median. */
function deviation(values) {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

function median(values) {
  const copy = values.slice();
  const half = copy.length >> 1;
  const upper = select(copy, half);
  return copy.length % 2 ? upper : fround((largest(copy.subarray(0, half)) + upper) / 2);
}

/** Whether a thin straight line runs along a side of the picture, from end to end. */
export function isFramed({ width, height, data }) {
  if (Math.min(width, height) < FINE) return false;
  const sides = [
    [height, width, (row, x) => data[row * width + x]],
    [height, width, (row, x) => data[(height - 1 - row) * width + x]],
    [width, height, (row, x) => data[x * width + row]],
    [width, height, (row, x) => data[x * width + width - 1 - row]],
  ];
  return sides.some(([depth, length, at]) => {
    const inked = [];
    for (let row = 0; row < Math.floor(depth / NEAR_RIM) - 1; row++) {
      let count = 0;
      for (let x = 0; x < length; x++)
        if (Math.max(at(row, x), at(row + 1, x)) > 255 * LINE) count++;
      inked.push(count / length);
    }
    const most = Math.max(...inked);
    return most >= WHOLE_LINE && Math.min(...inked.slice(inked.indexOf(most))) < BESIDE_LINE;
  });
}

/** Medians of 3 × 3 pixels for as long as salt and pepper noise lies over the picture. */
function withoutSpecks(picture) {
  let clean = picture;
  const [low, high] = bounds(picture.data);
  for (let round = 0, span = high - low; round < DENSEST; round++) {
    const median = medianBlur(clean, 3);
    const odd = image(clean.width, clean.height);
    for (let i = 0; i < odd.data.length; i++) {
      let off = 0;
      for (let c = 3 * i; c < 3 * i + 3; c++)
        off = Math.max(off, Math.abs(clean.data[c] - median.data[c]));
      odd.data[i] = off > span / 3 ? 1 : 0;
    }
    const near = boxSums(odd, 3).data;
    let [lone, all] = [0, 0];
    odd.data.forEach((is, i) => {
      all += is;
      lone += is && near[i] < 1.5;
    });
    if (lone / odd.data.length <= SPECKS || lone <= all / 3) break;
    clean = median;
    const [darkest, lightest] = bounds(clean.data);
    span = lightest - darkest;
  }
  return clean;
}

/** How much of the paper's light is missing, weighed by the pen's own colour. */
function lightTaken(picture, even) {
  const light = even ? evenPaper(picture) : unevenPaper(tiny(picture), picture).data;
  const { width, height, data } = picture;
  const taken = image(width, height, 3, Float32Array);
  const strongest = new Float32Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const paper = even ? light[i % 3] : light[i];
    taken.data[i] = fround(paper - data[i]) / Math.max(paper, DARKEST_PAPER);
  }
  for (let i = 0; i < strongest.length; i++)
    strongest[i] = Math.max(taken.data[3 * i], taken.data[3 * i + 1], taken.data[3 * i + 2]);
  const pen = penColour(taken.data, strongest);
  const level = image(width, height, 1, Float32Array);
  for (let i = 0; i < strongest.length; i++) {
    let sum = 0;
    for (let c = 0; c < 3; c++) sum = fround(sum + fround(taken.data[3 * i + c] * pen[c]));
    level.data[i] = sum;
  }
  return even ? level : separable(level, SMOOTH);
}

/** The share of each colour in what the pen takes where it is strongest. */
function penColour(taken, strongest) {
  const limit = quantile(strongest, 0.99);
  const sum = [0, 0, 0];
  let count = 0;
  strongest.forEach((value, i) => {
    if (value < limit) return;
    count++;
    for (let c = 0; c < 3; c++) sum[c] = fround(sum[c] + taken[3 * i + c]);
  });
  const pen = sum.map((each) => fround(Math.max(each / count, 0)));
  const total = Math.max(fround(fround(pen[0] + pen[1]) + pen[2]), 1e-6);
  return pen.map((each) => fround(each / fround(total)));
}

const evenPaper = (picture) =>
  [0, 1, 2].map((index) => quantileOfBytes(channel(picture, index).data, 0.75));

/** Small, and still with all light and shadow. */
function tiny(picture) {
  return resizeArea(picture, TINY, TINY);
}

/** The light that paper alone would send: the median over a quarter of the picture. */
function unevenPaper(small, { width, height }) {
  const paper = medianBlur(withoutBlots(small), (TINY >> 2) + 1);
  return resizeLinear(separable(paper, gaussian(2), Uint8Array), width, height);
}

/** The weights of a Gaussian for bytes, over 3 standard deviations to both sides. */
function gaussian(sigma) {
  const half = Math.round(3 * sigma);
  const raised = Array.from({ length: 2 * half + 1 }, (_, i) => Math.exp(-((i - half) ** 2) / (2 * sigma ** 2)));
  const total = raised.reduce((sum, each) => sum + each, 0);
  return raised.map((each) => each / total);
}

/** What is dark and touches no side filled from around it: shadows come in from outside. */
function withoutBlots(small) {
  const grey = mapped(meanOfColours(small), Uint8Array, rint);
  const threshold = otsu(grey);
  const dark = mapped(grey, Uint8Array, (level) => (level > threshold ? 0 : 1));
  const { labels, boxes } = connectedComponents(dark);
  const isOuter = boxes.map(([x, y, wide, high]) => x === 0 || y === 0 || x + wide === TINY || y + high === TINY);
  const blots = mapped(dark, Uint8Array, (is, i) => (is && !isOuter[labels[i]] ? 1 : 0));
  return inpaint(small, dilate(blots, 3));
}
