/** A grey picture → detections at all scales, as `digits.reading.page.detect`. */

import { argmax, largest, quantile, sizeOf } from "../geometry.js";
import { localContrast } from "../inputs.js";
import { boxAt, cellLogits, decode, detectorMaps, scoreThreshold, suppress } from "../networks.js";
import { cropped, image, paste, rint } from "../pixels/image.js";
import { resizeArea, resizeCubic } from "../pixels/resize.js";
import { constants } from "../reader.js";

const {
  STEP, COARSEST, ENLARGED, SHAPE, BEST_SIZE, CLASSES, DETECTOR_SIZE_MULTIPLE, DETECTOR_STRIDE,
} = constants["reading.page.detect"];
const { DETECTOR_MAPS } = constants["model.spec"];
const ROOM = 64; // pixels around ink that the detector sees too
const ALIKE = 2; // grey levels by which even paper may vary
const NOTHING = -20; // logit of a digit on blank paper
const { fround } = Math;

/** The levels of a picture, from fine to coarse, then an enlarged one if any; and the detections of
 * all of them, each a { box, logits }. */
export async function detect(grey, parameters) {
  const levels = await pyramid(grey, parameters.longest_side);
  const finer = ENLARGED * levels[0].scale;
  const mayEnlarge = finer <= finestScale(grey, parameters.longest_side);
  if (mayEnlarge && hasSmallDigits(levels[0].detections, grey, parameters))
    levels.push(await levelOf(resized(grey, grey, finer), grey, finer));
  return { levels, detections: merge(levels) };
}

/** The detections alone, of a picture seen at most so large. */
export async function detectOn(grey, longestSide) {
  return merge(await pyramid(grey, longestSide));
}

const merge = (levels) => suppress(levels.flatMap((level) => level.detections));

async function pyramid(grey, longestSide) {
  const levels = [];
  let picture = grey;
  for (const scale of scalesOf(grey, longestSide)) {
    picture = resized(picture, grey, scale);
    levels.push(await levelOf(picture, grey, scale));
  }
  return levels;
}

function scalesOf(grey, longestSide) {
  const scales = [Math.min(1, finestScale(grey, longestSide))];
  const longest = Math.max(grey.width, grey.height);
  while ((longest * scales.at(-1)) / STEP >= COARSEST) scales.push(scales.at(-1) / STEP);
  return scales;
}

function finestScale({ width, height }, longestSide) {
  return longestSide * Math.max(1 / Math.max(width, height), SHAPE / Math.min(width, height));
}

function hasSmallDigits(detections, { width, height }, parameters) {
  if (Math.max(width, height) <= parameters.small_picture) return true;
  if (!detections.length) return false;
  const sizes = detections.map(({ box }) => sizeOf(box));
  return quantile(sizes, 0.5) < parameters.small_digit;
}

function resized(picture, { width, height }, scale) {
  const [wide, high] = [width, height].map((side) => Math.max(1, rint(side * scale)));
  if (wide === picture.width && high === picture.height) return picture;
  return (wide < picture.width ? resizeArea : resizeCubic)(picture, wide, high);
}

async function levelOf(picture, whole, scale) {
  const maps = await mapsOf(picture);
  const across = fround(whole.width / picture.width);
  const down = fround(whole.height / picture.height);
  const detections = decode(maps, scoreThreshold()).map(({ box, logits }) => ({
    box: [fround(box[0] * across), fround(box[1] * down), fround(box[2] * across), fround(box[3] * down)],
    logits,
  }));
  return { scale, maps, detections };
}

/** What the detector predicts; where the paper is blank, it is not asked. */
async function mapsOf(picture) {
  const page = localContrast(picture, DETECTOR_SIZE_MULTIPLE);
  const [columns, rows] = [picture.width, picture.height].map((side) => Math.ceil(side / DETECTOR_STRIDE));
  const blank = image(columns, rows, DETECTOR_MAPS, Float32Array);
  const window = inkWindow(picture, page);
  if (!window) return { ...blank, data: blank.data.fill(NOTHING) };
  const [left, top, wide, high] = window;
  const [width, height] = [Math.min(wide, picture.width - left), Math.min(high, picture.height - top)];
  const maps = await detectorMaps(cropped(page, ...window), width, height);
  if (maps.data.length === blank.data.length) return maps;
  blank.data.fill(NOTHING);
  return paste(blank, maps, left / DETECTOR_STRIDE, top / DETECTOR_STRIDE);
}

/** The part of a page in which there is anything but even paper, with room around it; null without
 * any. It is as the corner is, for drawings; photographed paper varies all over. */
function inkWindow({ width, height, data }, page) {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      if (Math.abs(data[at] - data[0]) <= ALIKE) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  if (right < 0) return null;
  const down = (at) => Math.max(Math.floor((at - ROOM) / DETECTOR_SIZE_MULTIPLE), 0) * DETECTOR_SIZE_MULTIPLE;
  const up = (at) => Math.ceil((at + ROOM) / DETECTOR_SIZE_MULTIPLE) * DETECTOR_SIZE_MULTIPLE;
  const [x, y] = [down(left), down(top)];
  return [x, y, Math.min(up(right + 1), page.width) - x, Math.min(up(bottom + 1), page.height) - y];
}

/** What the detector predicts about the centre of a box where it detected nothing: the highest
 * logits there, on the level that suits its size, and the box of that digit. */
export function detectionNear(levels, box, digit) {
  const misfit = ({ scale }) => Math.abs(Math.log(Math.max(scale * sizeOf(box), 1e-3) / BEST_SIZE));
  const level = levels.reduce((best, each) => (misfit(each) < misfit(best) ? each : best));
  const { maps, scale } = level;
  const [x, y] = [0, 1].map((k) => Math.trunc(((box[k] + box[k + 2] / 2) * scale) / DETECTOR_STRIDE));
  const top = Math.min(Math.max(y - 1, 0), maps.height - 1);
  const left = Math.min(Math.max(x - 1, 0), maps.width - 1);
  const cells = [];
  for (let row = top; row < Math.min(Math.max(y + 2, top + 1), maps.height); row++)
    for (let column = left; column < Math.min(Math.max(x + 2, left + 1), maps.width); column++)
      cells.push({ row, column, logits: cellLogits(maps, row, column) });
  const best = cells[argmax(cells.map(({ logits }) => logits[digit]))];
  return {
    logits: Array.from({ length: CLASSES }, (_, k) => largest(cells.map(({ logits }) => logits[k]))),
    box: boxAt(maps, best.row, best.column).map((value) => fround(value / fround(scale))),
  };
}
