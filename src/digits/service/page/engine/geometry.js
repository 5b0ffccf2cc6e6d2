/** Boxes [x, y, width, height], their overlaps and sizes, as `digits.geometry`. */

import { constants } from "./reader.js";

const { MAX_IOU, MAX_PART, FLAT } = constants.geometry;
const { fround } = Math;

export const middleOf = ([x, y, wide, high]) => [x + wide / 2, y + high / 2];

/** The size of a digit by its box: the height, or a fraction of a larger width. */
export const sizeOf = ([, , wide, high]) => Math.max(high, fround(FLAT * wide));

export function intersection(box, other) {
  const across = Math.min(box[0] + box[2], other[0] + other[2]) - Math.max(box[0], other[0]);
  const down = Math.min(box[1] + box[3], other[1] + other[3]) - Math.max(box[1], other[1]);
  return Math.max(across, 0) * Math.max(down, 0);
}

export function iou(box, other) {
  const common = intersection(box, other);
  return common / (box[2] * box[3] + other[2] * other[3] - common);
}

/** The value below which about that fraction of the others lies, without interpolation. */
export function quantile(values, fraction) {
  const copy = values instanceof Float32Array ? values.slice() : Float64Array.from(values);
  return select(copy, rankOf(fraction, copy.length));
}

/** The value that would stand at a place if the values were sorted; they are reordered (Hoare 1961,
 * "Algorithm 65: find"). */
export function select(values, place) {
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let [i, j] = [low, high];
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const kept = values[i];
      values[i++] = values[j];
      values[j--] = kept;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return values[place];
}

/** The same of bytes, by counting. */
export function quantileOfBytes(bytes, fraction) {
  const counts = new Float64Array(256);
  for (let i = 0; i < bytes.length; i++) counts[bytes[i]]++;
  let left = rankOf(fraction, bytes.length);
  for (let level = 0; ; level++) {
    if (left < counts[level]) return level;
    left -= counts[level];
  }
}

function rankOf(fraction, count) {
  const at = fraction * (count - 1);
  const low = Math.floor(at);
  return at - low === 0.5 ? low + (low % 2) : Math.round(at);
}

export function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** The largest of values, not below `initial`. */
export function largest(values, initial = -Infinity) {
  let best = initial;
  for (let i = 0; i < values.length; i++) if (values[i] > best) best = values[i];
  return best;
}

export const clip = (value, low, high) => Math.min(Math.max(value, low), high);

/** Indices by falling scores; equal ones as they were. */
export function byFalling(scores) {
  return Array.from(scores, (_, index) => index).sort((a, b) => scores[b] - scores[a] || a - b);
}

/** All pairs of boxes that share an area, as [[i, j], …]. */
export function meetingPairs(boxes) {
  const order = boxes.map((_, index) => index).sort((a, b) => boxes[a][0] - boxes[b][0] || a - b);
  const pairs = [];
  for (let i = 0; i < order.length; i++) {
    const [x, y, wide, high] = boxes[order[i]];
    for (let j = i + 1; j < order.length && boxes[order[j]][0] < x + wide; j++) {
      const other = boxes[order[j]];
      if (y < other[1] + other[3] && other[1] < y + high) pairs.push([order[i], order[j]]);
    }
  }
  return pairs;
}

/** Non-maximum suppression: indices of the boxes that stay, the highest score first.
 *
 * unlikely: the score below which a box goes that holds a higher one. bothStay: of two indices,
 * whether they do not compete.
 */
export function nms(boxes, scores, { unlikely = 0, bothStay = () => false } = {}) {
  const order = byFalling(scores);
  const rank = new Int32Array(order.length);
  order.forEach((index, place) => (rank[index] = place));
  const conflicts = new Map();
  for (const [one, other] of meetingPairs(boxes)) {
    const [low, high] = rank[one] < rank[other] ? [other, one] : [one, other];
    if (!goes(boxes[low], boxes[high], scores[low] < unlikely) || bothStay(low, high)) continue;
    conflicts.set(low, [...(conflicts.get(low) ?? []), high]);
  }
  const stays = new Uint8Array(boxes.length).fill(1);
  for (const index of order)
    if ((conflicts.get(index) ?? []).some((high) => stays[high])) stays[index] = 0;
  return order.filter((index) => stays[index]);
}

function goes(low, high, isUnlikely) {
  const common = intersection(low, high);
  const [area, other] = [low[2] * low[3], high[2] * high[3]];
  return (
    common >= MAX_IOU * (area + other - common) ||
    common >= MAX_PART * area ||
    (isUnlikely && common >= MAX_PART * other)
  );
}
