/** Text lines → candidates and signs, as `digits.reading.page.recognise`.
 *
 * A candidate is { box, detector, recogniser, letter, tile, contrast, line, column }; frames
 * are lists of the probabilities of every token.
 */

import { argmax, clip, largest, quantile } from "../geometry.js";
import { localContrast, segmentDigit } from "../inputs.js";
import { recogniserFrames } from "../networks.js";
import { constants } from "../reader.js";
import { detectionNear } from "./detect.js";
import { toCrop, toPage } from "./textline.js";

const {
  STRONG, NEAR, SMALLEST, BROAD, WIDE, TALL, DIGIT_TOKENS, LETTER, LINE_DIGIT, LINE_HEIGHT,
  LINE_STRIDE, SIGN_TOKENS, SIGNS, CLASSES,
} = constants["reading.page.recognise"];

const digitsOf = (frames) => frames.map((frame) => frame.subarray(...DIGIT_TOKENS));
const signsOf = (frames) => frames.map((frame) => frame.subarray(...SIGN_TOKENS));

/** The candidates and signs of a page: { candidates, signs, frames }. */
export async function recognise(lines, levels, parameters) {
  const frames = await recogniserFrames(lines.map(({ pixels }) => localContrast(pixels)));
  const found = lines.flatMap((line, index) => {
    const segments = ctcSegments(digitsOf(frames[index]), parameters.threshold);
    return candidatesOn(index, line, frames[index], segments, levels, parameters);
  });
  const signs = lines.flatMap((line, index) => signsOn(index, line, frames[index], parameters));
  return { candidates: legible(found, parameters), signs, frames };
}

function signsOn(index, crop, frames, parameters) {
  const rows = signsOf(frames);
  return ctcSegments(rows, parameters.threshold).map((segment) => {
    const best = highest(rows.slice(...segment), SIGNS.length);
    const column = columnOf(segment);
    const about = [column - WIDE / 2, (LINE_HEIGHT - TALL) / 2, WIDE, TALL];
    const box = toPage(crop.line, segmentDigit(crop.pixels, about).box);
    const text = [...SIGNS][argmax(best)];
    return { text, probability: largest(best), box, line: index, column };
  });
}

/** The candidates of a line: its detections, then what else was recognised. */
export function candidatesOn(index, crop, frames, segments, levels, parameters) {
  const rows = digitsOf(frames);
  const owners = matchToDetections(segments, rows, crop, parameters);
  const found = atDetections(rows, crop.boxes, segments, owners);
  crop.boxes.forEach((box, k) => Object.assign(found[k], { box, detector: crop.logits[k] }));
  segments.forEach((segment, k) => {
    if (owners[k] >= 0) return;
    const recogniser = highest(rows.slice(...segment), CLASSES);
    const about = toPage(crop.line, boxAbout(segment, crop.boxes));
    const near = detectionNear(levels, about, argmax(recogniser));
    const box = toCrop(crop.line, near.box);
    found.push({ box, detector: near.logits, recogniser, column: columnOf(segment) });
  });
  return found.map((each) => {
    const ink = segmentDigit(crop.pixels, each.box);
    const box = toPage(crop.line, between(each.box, ink.box, parameters.same_side));
    const letter = letterAbout(each.column, frames);
    return { ...each, box, letter, tile: ink.tile, contrast: ink.contrast, line: index };
  });
}

/** The highest of each probability over some frames. */
function highest(frames, count) {
  return Array.from({ length: count }, (_, k) => largest(frames.map((frame) => frame[k]), 0));
}

/** The highest probability of a letter in the frames about a column. */
function letterAbout(column, frames) {
  const frame = clip(Math.floor(column / LINE_STRIDE), 0, frames.length - 1);
  const near = Array.from({ length: 2 * NEAR + 1 }, (_, k) => clip(frame + k - NEAR, 0, frames.length - 1));
  return largest(near.map((each) => frames[each][LETTER]));
}

/** For each detection, the probabilities of its segment and the column of that; without one, those
 * of the frames in its middle that belong to no other detection. */
function atDetections(frames, boxes, segments, owners) {
  const taken = new Uint8Array(frames.length);
  segments.forEach(([start, end], k) => owners[k] >= 0 && taken.fill(1, start, end));
  return boxes.map(([x, , width], index) => {
    const own = segments[owners.indexOf(index)];
    if (own) return { recogniser: highest(frames.slice(...own), CLASSES), column: columnOf(own) };
    const low = Math.max(Math.trunc((x + width / 4) / LINE_STRIDE), 0);
    const high = Math.min(Math.ceil((x + (3 * width) / 4) / LINE_STRIDE) + 1, frames.length);
    const middle = frames.slice(low, Math.max(high, low)).filter((_, k) => !taken[low + k]);
    return { recogniser: highest(middle, CLASSES), column: x + width / 2 };
  });
}

/** Runs of frames in which the same token is at least as probable as the threshold. */
export function ctcSegments(frames, threshold) {
  const best = frames.map((frame) => (largest(frame) >= threshold ? argmax(frame) : -1));
  const segments = [];
  for (let start = 0, end; start < best.length; start = end) {
    for (end = start + 1; end < best.length && best[end] === best[start]; end++);
    if (best[start] >= 0) segments.push([start, end]);
  }
  return segments;
}

/** The middle of a segment, in columns of the line crop. */
export const columnOf = ([start, end]) => ((start + end) / 2) * LINE_STRIDE;

/** The detection that each segment lies on, one for each detection at most; -1 for none. */
function matchToDetections(segments, frames, { boxes, logits }, parameters) {
  const pairs = [];
  segments.forEach((segment, number) => {
    const digit = argmax(highest(frames.slice(...segment), CLASSES));
    boxes.forEach(([x, , width], index) => {
      const top = largest(logits[index]);
      const off = Math.abs(columnOf(segment) - x - width / 2) / Math.max(width / 2, LINE_STRIDE);
      if (off > parameters.reach) return;
      const seen = Math.exp(logits[index][digit] - top);
      const cost = off + parameters.other_digit * (1 - seen) + 1 / (1 + Math.exp(top));
      pairs.push([cost, number, index]);
    });
  });
  const owners = new Array(segments.length).fill(-1);
  for (const [, number, index] of pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]))
    if (owners[number] < 0 && !owners.includes(index)) owners[number] = index;
  return owners;
}

/** About where the digit of a segment is, as high as the nearest box, or in the middle. */
function boxAbout(segment, boxes) {
  const [middle, wide] = [columnOf(segment), BROAD * LINE_DIGIT];
  if (!boxes.length) return [middle - wide / 2, (LINE_HEIGHT - LINE_DIGIT) / 2, wide, LINE_DIGIT];
  const near = boxes[argmax(boxes.map(([x, , width]) => -Math.abs(x + width / 2 - middle)))];
  const high = clip(near[3], 0.6 * LINE_DIGIT, 1.5 * LINE_DIGIT);
  return [middle - wide / 2, near[1] + near[3] / 2 - high / 2, wide, high];
}

/** A box, each side halfway to that of the ink if both are near. */
function between(box, ink, sameSide) {
  const sides = ([x, y, wide, high]) => [x, y, x + wide, y + high];
  const limit = sameSide * Math.max(box[2], box[3]);
  const others = sides(ink);
  const [left, top, right, bottom] = sides(box).map((side, k) =>
    Math.abs(others[k] - side) <= limit ? (side + others[k]) / 2 : side,
  );
  return [left, top, right - left, bottom - top];
}

/** Those large enough to be read, and not far fainter than the ink of the picture. */
export function legible(candidates, parameters) {
  if (!candidates.length) return [];
  const pen = quantile(candidates.map(({ contrast }) => contrast), STRONG);
  return candidates.filter(
    ({ box, contrast }) =>
      contrast >= parameters.min_contrast * pen && Math.max(box[2], box[3]) >= SMALLEST,
  );
}
