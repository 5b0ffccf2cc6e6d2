/** Ruled and squared paper, as `digits.reading.single.ruling`: printed lines are taken away. */

import { above, connectedComponents } from "../pixels/components.js";
import { dilate, erode } from "../pixels/filters.js";
import { image, mapped, rint, transposed } from "../pixels/image.js";
import { constants } from "../reader.js";

const { LENGTH, SLOPES, WIDEST, FAINTEST } = constants["reading.single.ruling"];

/** The ink without ruled lines, lying or standing; null where there are none. */
export function withoutLines(level) {
  let cleaned = null;
  const lying = linesOf(level);
  const standing = linesOf(transposed(level));
  for (const lines of [lying, standing && transposed(standing)]) {
    if (!lines) continue;
    const bridge = bridged(level, lines);
    cleaned = mapped(cleaned ?? level, Uint8Array, (value, i) => Math.min(value, bridge.data[i]));
  }
  return cleaned;
}

/** The level of lines near the horizontal that run out of the picture; null without any. */
function linesOf(level) {
  if (!reachesRim(level)) return null; // what does not, is no line: spare the search
  const length = rint(LENGTH * Math.max(level.width, level.height)) | 1;
  const found = image(level.width, level.height);
  for (const slope of SLOPES) {
    const opened = openedBySegment(level, length, slope);
    for (let i = 0; i < found.data.length; i++) found.data[i] = Math.max(found.data[i], opened.data[i]);
  }
  const broad = dilate(erode(found, 1, WIDEST), 1, WIDEST);
  const thin = mapped(found, Uint8Array, (value, i) => (broad.data[i] > FAINTEST ? 0 : value));
  const { labels, boxes } = connectedComponents(above(thin, FAINTEST));
  const ends = boxes.map(([x, , wide], label) => label > 0 && (x <= 1 || x + wide >= level.width - 1));
  const lines = mapped(thin, Uint8Array, (value, i) => (ends[labels[i]] ? value : 0));
  return lines.data.some((value) => value > FAINTEST) ? lines : null;
}

function reachesRim({ width, height, data }) {
  for (let y = 0; y < height; y++)
    for (const x of [0, 1, width - 2, width - 1]) if (data[y * width + x] > FAINTEST) return true;
  return false;
}

/** Opening by a thin slanted line: the darkest level that such a line through a pixel has. */
function openedBySegment(level, length, slope) {
  const runs = runsOf(length, slope);
  return extremeAlong(extremeAlong(level, runs, false, 1), runs, true, -1);
}

/** The line as [offset down, first offset across, last one], row by row. */
function runsOf(length, slope) {
  const rise = 2 * rint((length * Math.abs(slope)) / 2);
  const half = length >> 1;
  const rows = new Map();
  for (let x = 0; x < length; x++) {
    // Bresenham's line from corner to corner of a kernel rise + 1 high
    const down = rise ? Math.floor((2 * x * rise + length - 1) / (2 * (length - 1))) : 0;
    const row = (slope >= 0 ? down : rise - down) - rise / 2;
    const [first] = rows.get(row) ?? [x - half];
    rows.set(row, [first, x - half]);
  }
  return [...rows].map(([row, [first, last]]) => [row, first, last]);
}

/** The extreme over pixels of a line about each pixel; sign -1 takes the line turned by 180°. */
function extremeAlong({ width, height, data }, runs, larger, sign) {
  const made = image(width, height);
  if (!larger) made.data.fill(255);
  const line = new Uint8Array(width);
  for (const [row, low, high] of runs) {
    const [first, last] = sign > 0 ? [low, high] : [-high, -low];
    for (let y = 0; y < height; y++) {
      const from = y + sign * row;
      if (from < 0 || from >= height) continue;
      slide(data.subarray(from * width, (from + 1) * width), first, last, larger, line);
      const start = y * width;
      for (let x = 0; x < width; x++) {
        const value = made.data[start + x];
        if (larger ? line[x] > value : line[x] < value) made.data[start + x] = line[x];
      }
    }
  }
  return made;
}

/** The extreme of values[x + first … x + last] for each x; what lies beyond does not count. */
function slide(values, first, last, larger, line) {
  const queue = new Int32Array(values.length);
  const none = larger ? 0 : 255;
  let [head, tail, next] = [0, 0, 0];
  for (let x = 0; x < values.length; x++) {
    for (; next <= Math.min(x + last, values.length - 1); next++) {
      while (tail > head && (larger ? values[queue[tail - 1]] <= values[next] : values[queue[tail - 1]] >= values[next])) tail--;
      queue[tail++] = next;
    }
    while (head < tail && queue[head] < x + first) head++;
    line[x] = head < tail ? values[queue[head]] : none;
  }
}

/** The level with the lines gone, and the gaps they leave in what crosses them closed. */
function bridged(level, lines) {
  const grown = dilate(lines, 1, 3);
  const isLine = (i) => grown.data[i] > FAINTEST;
  const gone = mapped(level, Uint8Array, (value, i) => (isLine(i) ? 0 : value));
  const closed = erode(dilate(gone, 1, 2 * WIDEST + 1), 1, 2 * WIDEST + 1);
  return mapped(level, Uint8Array, (value, i) => (isLine(i) ? Math.min(closed.data[i], value) : value));
}
