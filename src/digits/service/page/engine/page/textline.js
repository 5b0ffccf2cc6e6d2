/** Detections that stand side by side → text lines and their crops, as
 * `digits.reading.page.textline`. A line is { x, y, angle, size, start, end }. */

import { clip, largest, meetingPairs, middleOf, quantile, sizeOf } from "../geometry.js";
import { scoreOf } from "../networks.js";
import { cropped, rint } from "../pixels/image.js";
import { resizeArea } from "../pixels/resize.js";
import { inverseOf, warpBytes } from "../pixels/warp.js";
import { constants } from "../reader.js";

const { STEEPEST, BEYOND, TYPICAL, LONGEST, LINE_DIGIT, LINE_HEIGHT } =
  constants["reading.page.textline"];
const { fround } = Math;

const scaleOf = (line) => LINE_DIGIT / line.size;
const widthOf = (line) => Math.max(1, rint((line.end - line.start) * scaleOf(line)));

/** The affine map from the page to the crop. */
function matrixOf({ x, y, angle, size, start }) {
  const scale = LINE_DIGIT / size;
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const across = -start * scale - cos * x - sin * y;
  return [cos, sin, across, -sin, cos, LINE_HEIGHT / 2 + sin * x - cos * y];
}

/** The line, ending a little beyond the sides of its page at most. */
export function lineWithin(line, { width }) {
  const [cos, beyond] = [Math.cos(line.angle), BEYOND * line.size];
  const start = Math.max(line.start, -line.x / cos - beyond);
  return { ...line, start, end: Math.min(line.end, (width - line.x) / cos + beyond) };
}

/** Where a box begins and ends along the line, and how far above and below it reaches. */
function alongLine({ x, y, angle }, box) {
  const [off, drop] = [middleOf(box)[0] - x, middleOf(box)[1] - y];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [across, down] = [off * cos + drop * sin, -off * sin + drop * cos];
  return [across - box[2] / 2, across + box[2] / 2, down - box[3] / 2, down + box[3] / 2];
}

function mappedBox([a, b, c, d, e, f], box, scale) {
  const [x, y] = middleOf(box);
  const [wide, high] = [box[2] * scale, box[3] * scale];
  return [a * x + b * y + c - wide / 2, d * x + e * y + f - high / 2, wide, high];
}

/** A box of the page on the crop; it stays upright. */
export const toCrop = (line, box) => mappedBox(matrixOf(line), box, scaleOf(line));

/** A box of the crop on the page. */
export const toPage = (line, box) =>
  mappedBox(inverseOf(matrixOf(line)), box, 1 / scaleOf(line)).map(fround);

/** The text lines of a page, cropped: { line, pixels, boxes, logits }. */
export function cropLines(grey, detections, parameters) {
  return groupLines(detections, parameters).map(({ line, group }) =>
    cropOf(grey, lineWithin(line, grey), group.map((index) => detections[index])),
  );
}

/** A line cut out of its page, with the detections on it. */
export function cropOf(grey, line, detections) {
  return {
    line,
    pixels: cropLine(grey, matrixOf(line), widthOf(line)),
    boxes: detections.map(({ box }) => toCrop(line, box)),
    logits: detections.map(({ logits }) => logits),
  };
}

/** Text lines, each with the indices of the detections on it. Less certain ones join a line that
 * they lie on; those on none form lines of their own. */
export function groupLines(detections, parameters) {
  const boxes = detections.map(({ box }) => box);
  const index = boxes.map((_, i) => i);
  const isSure = detections.map((each) => scoreOf(each) >= parameters.certain);
  const runsOf = (some) =>
    sideBySide(some.map((i) => boxes[i]), parameters).map((run) => run.map((k) => some[k]));
  const lineOf = (group) => fitTextLine(group.map((i) => boxes[i]), parameters.margin);
  const groups = runsOf(index.filter((i) => isSure[i]));
  const lines = groups.map(lineOf);
  const lost = [];
  const joined = groups.map((group) => [...group]);
  for (const i of index.filter((each) => !isSure[each])) {
    const owner = nearestLine(lines, boxes[i], parameters);
    if (owner < 0) lost.push(i);
    else joined[owner].push(i);
  }
  const others = runsOf(lost);
  const found = joined.map((group, k) => ({ line: lines[k], group }));
  return [...found, ...others.map((group) => ({ line: lineOf(group), group }))];
}

/** The line through digits, with a margin before and behind, in sizes of a digit. */
function fitTextLine(boxes, margin) {
  const middles = boxes.map(middleOf);
  const size = quantile(boxes.map(sizeOf), TYPICAL);
  const [x, y] = [0, 1].map((k) => middles.reduce((sum, each) => sum + each[k], 0) / middles.length);
  const columns = middles.map(([column]) => column);
  let rise = 0;
  if (boxes.length > 1 && Math.max(...columns) - Math.min(...columns) > size) {
    const spread = middles.reduce((sum, each) => sum + (each[0] - x) ** 2, 0);
    const slope = middles.reduce((sum, each) => sum + (each[0] - x) * (each[1] - y), 0);
    rise = clip(slope / spread, -STEEPEST, STEEPEST);
  }
  const line = { x, y, angle: Math.atan(rise), size, start: 0, end: 0 };
  const along = boxes.map((box) => alongLine(line, box));
  const start = Math.min(...along.map((each) => each[0])) - margin * size;
  return { ...line, start, end: Math.max(...along.map((each) => each[1])) + margin * size };
}

/** The part of a page that an affine map leads to; beyond the page its border is repeated. */
function cropLine(grey, matrix, width) {
  const [a, b, c, d, e, f] = inverseOf(matrix);
  const corners = [[0, 0], [width, 0], [0, LINE_HEIGHT], [width, LINE_HEIGHT]];
  const columns = corners.map(([x, y]) => a * x + b * y + c);
  const rows = corners.map(([x, y]) => d * x + e * y + f);
  const span = (values, limit) => {
    const low = Math.trunc(clip(Math.floor(Math.min(...values)) - 2, 0, limit - 1));
    return [low, Math.trunc(clip(Math.ceil(Math.max(...values)) + 3, low + 1, limit))];
  };
  const [left, right] = span(columns, grey.width);
  const [top, bottom] = span(rows, grey.height);
  let window = cropped(grey, left, top, right - left, bottom - top);
  const moved = [...matrix];
  moved[2] += matrix[0] * left + matrix[1] * top;
  moved[5] += matrix[3] * left + matrix[4] * top;
  const area = Math.abs(matrix[0] * matrix[4] - matrix[1] * matrix[3]);
  const shrink = 1 / Math.sqrt(Math.max(area, 1e-9));
  if (shrink > 1.5) {
    const [wide, high] = [window.width, window.height].map((side) => Math.max(1, rint(side / shrink)));
    const stretch = [window.width / wide, window.height / high];
    window = resizeArea(window, wide, high);
    for (const k of [0, 1, 3, 4]) moved[k] *= stretch[k % 3];
  }
  return warpBytes(window, moved, width, LINE_HEIGHT, shrink < 0.8);
}

/** Indices of boxes that stand side by side on a line, each run from left to right: each is
 * followed by the nearest to its right, if it is the nearest to the left of that. */
export function sideBySide(boxes, parameters) {
  const follows = followers(boxes, parameters);
  const following = nearest(follows, 0, 1, boxes.length);
  const before = nearest(follows, 1, 0, boxes.length);
  return chains(following, before, boxes);
}

/** Pairs that may follow each other: [first, second, distance]. */
function followers(boxes, parameters) {
  const sizes = boxes.map(sizeOf);
  const reach = parameters.max_gap * Math.sqrt(parameters.max_ratio);
  const wide = boxes.map(([x, y, width, height], i) => [
    x, y - sizes[i] / 2, width + reach * sizes[i], height + sizes[i],
  ]);
  const found = [];
  const look = (first, second) => {
    const unit = Math.sqrt(sizes[first] * sizes[second]);
    const [from, to] = [middleOf(boxes[first]), middleOf(boxes[second])];
    const across = (to[0] - from[0]) / unit;
    const gap = (boxes[second][0] - boxes[first][0] - boxes[first][2]) / unit;
    const drift = Math.abs(to[1] - from[1]) / unit;
    const isAlike = Math.abs(Math.log(sizes[first] / sizes[second])) < Math.log(parameters.max_ratio);
    const isLevel = drift < parameters.max_drift + 0.1 * Math.max(gap, 0);
    if (across > 0.1 && gap < parameters.max_gap && isLevel && isAlike)
      found.push([first, second, across + 2 * drift]);
  };
  for (const [one, other] of meetingPairs(wide)) {
    look(one, other);
    look(other, one);
  }
  return found;
}

/** For each index at `of` in the pairs, the nearest at `to`; -1 for none. */
function nearest(pairs, of, to, count) {
  const found = new Array(count).fill(null);
  for (const pair of pairs) {
    const best = found[pair[of]];
    if (!best || pair[2] < best[2] || (pair[2] === best[2] && pair[to] < best[to])) found[pair[of]] = pair;
  }
  return found.map((pair) => (pair ? pair[to] : -1));
}

function chains(following, before, boxes) {
  const isFollowed = following.map((next, i) => next >= 0 && before[next] === i);
  const isFirst = new Uint8Array(boxes.length).fill(1);
  following.forEach((next, i) => isFollowed[i] && (isFirst[next] = 0));
  const runs = [];
  boxes.forEach((_, place) => {
    if (!isFirst[place]) return;
    const run = [place];
    while (isFollowed[run.at(-1)]) run.push(following[run.at(-1)]);
    runs.push(...notTooLong(run, boxes));
  });
  return runs;
}

/** A run in parts that fit into a line crop, cut at its widest gaps. */
function notTooLong(run, boxes) {
  const left = run.map((i) => boxes[i][0]);
  const right = run.map((i) => boxes[i][0] + boxes[i][2]);
  const size = quantile(run.map((i) => sizeOf(boxes[i])), TYPICAL);
  if (run.length < 2 || largest(right) - Math.min(...left) <= LONGEST * size) return [run];
  let cut = 1;
  for (let k = 2; k < run.length; k++)
    if (left[k] - right[k - 1] > left[cut] - right[cut - 1]) cut = k;
  return [...notTooLong(run.slice(0, cut), boxes), ...notTooLong(run.slice(cut), boxes)];
}

/** The line that a box lies on and is as large as; -1 for none. */
function nearestLine(lines, box, parameters) {
  let [owner, least] = [-1, parameters.max_drift];
  lines.forEach((line, index) => {
    const rises = [line.start, line.end].map((end) => line.y + Math.tan(line.angle) * end);
    const room = parameters.max_drift * line.size * Math.sqrt(1 + STEEPEST ** 2);
    const row = middleOf(box)[1];
    if (row < Math.min(...rises) - room || row >= Math.max(...rises) + room) return;
    const [start, end, top, bottom] = alongLine(line, box);
    const off = Math.abs(top + bottom) / 2 / line.size;
    const isBetween = start + end > 2 * line.start && start + end < 2 * line.end;
    const isAlike = Math.abs(Math.log(sizeOf(box) / line.size)) < Math.log(parameters.max_ratio);
    if (isBetween && isAlike && off < least) [owner, least] = [index, off];
  });
  return owner;
}
