/** Filters over a window about each pixel, as OpenCV has them. */

import { channel, image, merged } from "./image.js";

/** Beyond the border the picture is mirrored about its outermost pixels: 2 1 | 0 1 2 … */
function mirrored(index, length) {
  if (length === 1) return 0;
  let place = index;
  while (place < 0 || place >= length) place = place < 0 ? -place : 2 * length - 2 - place;
  return place;
}

/** Sums over windows of side × side pixels of one channel, exact for whole numbers. */
export function boxSums(source, side, value = (level) => level) {
  const { width, height, data } = source;
  const half = side >> 1;
  const made = image(width, height, 1, Float64Array);
  const across = new Float64Array(width * height);
  const values = new Float64Array(width + 2 * half);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < values.length; i++)
      values[i] = value(data[y * width + mirrored(i - half, width)]);
    let sum = 0;
    for (let i = 0; i < side - 1; i++) sum += values[i];
    for (let x = 0; x < width; x++) {
      sum += values[x + side - 1];
      across[y * width + x] = sum;
      sum -= values[x];
    }
  }
  const column = new Float64Array(width);
  const add = (row, sign) => {
    const start = mirrored(row, height) * width;
    for (let x = 0; x < width; x++) column[x] += sign * across[start + x];
  };
  for (let row = -half; row < half; row++) add(row, 1);
  for (let y = 0; y < height; y++) {
    add(y + half, 1);
    made.data.set(column, y * width);
    add(y - half, -1);
  }
  return made;
}

/** The median of windows of side × side bytes, in each channel; the border is repeated. */
export function medianBlur(source, side) {
  if (source.channels > 1)
    return merged(
      Array.from({ length: source.channels }, (_, index) => medianBlur(channel(source, index), side)),
    );
  if (side === 3) return medianOf9(source);
  const { width, height, data } = source;
  const made = image(width, height);
  const half = side >> 1;
  const counts = new Int32Array(256);
  const rank = (side * side) >> 1;
  const row = (y) => Math.min(Math.max(y, 0), height - 1) * width;
  for (let y = 0; y < height; y++) {
    counts.fill(0);
    let [median, below] = [0, 0]; // below: how many of the window are less than the median
    const column = (x, sign) => {
      const at = Math.min(Math.max(x, 0), width - 1);
      for (let j = y - half; j <= y + half; j++) {
        const level = data[row(j) + at];
        counts[level] += sign;
        if (level < median) below += sign;
      }
    };
    for (let x = -half; x < half; x++) column(x, 1);
    for (let x = 0; x < width; x++) {
      column(x + half, 1);
      while (below > rank) below -= counts[--median];
      while (below + counts[median] <= rank) below += counts[median++];
      made.data[y * width + x] = median;
      column(x - half, -1);
    }
  }
  return made;
}

function medianOf9({ width, height, data }) {
  const made = image(width, height);
  const near = new Uint8Array(9);
  for (let y = 0; y < height; y++) {
    const rows = [Math.max(y - 1, 0) * width, y * width, Math.min(y + 1, height - 1) * width];
    for (let x = 0; x < width; x++) {
      const [left, right] = [x > 0 ? x - 1 : 0, x < width - 1 ? x + 1 : x];
      const own = data[rows[1] + x];
      made.data[rows[1] + x] = own; // it is the median where five are the same
      if (data[rows[1] + left] === own && data[rows[1] + right] === own && data[rows[0] + x] === own && data[rows[2] + x] === own)
        continue;
      for (let j = 0, k = 0; j < 3; j++, k += 3) {
        near[k] = data[rows[j] + left];
        near[k + 1] = data[rows[j] + x];
        near[k + 2] = data[rows[j] + right];
      }
      made.data[rows[1] + x] = near.sort()[4];
    }
  }
  return made;
}

/** Windows weighed by a kernel along rows and then along columns; the border is mirrored. */
export function separable(source, kernel, Type = Float32Array) {
  const { width, height, channels, data } = source;
  const half = kernel.length >> 1;
  const across = new Float64Array(data.length);
  const made = image(width, height, channels, Type);
  for (let y = 0; y < height; y++)
    for (let i = 0; i < width * channels; i++) {
      const [x, c] = [Math.floor(i / channels), i % channels];
      let sum = 0;
      for (let k = 0; k < kernel.length; k++)
        sum += kernel[k] * data[(y * width + mirrored(x + k - half, width)) * channels + c];
      across[y * width * channels + i] = sum;
    }
  for (let y = 0; y < height; y++)
    for (let i = 0; i < width * channels; i++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++)
        sum += kernel[k] * across[mirrored(y + k - half, height) * width * channels + i];
      made.data[y * width * channels + i] = Type === Uint8Array ? Math.round(sum) : sum;
    }
  return made;
}

/** The largest (`Math.max`) or smallest of windows of wide × high pixels; none beyond the border. */
export function extremes(source, wide, high, larger) {
  const { width, height } = source;
  const made = image(width, height, 1, source.data.constructor);
  const line = new source.data.constructor(Math.max(width, height));
  for (let y = 0; y < height; y++) runExtremes(source.data, y * width, 1, width, wide, larger, made.data, line);
  for (let x = 0; x < width; x++) runExtremes(made.data, x, width, height, high, larger, made.data, line);
  return made;
}

/** Along one line: the candidates for the extreme wait in a queue, the best in front. */
function runExtremes(data, start, step, length, side, larger, target, line) {
  for (let i = 0; i < length; i++) line[i] = data[start + i * step];
  const ahead = side - 1 - (side >> 1); // an even window reaches farther back
  const back = side >> 1;
  const queue = new Int32Array(length);
  let [head, tail] = [0, 0];
  for (let i = 0, next = 0; i < length; i++) {
    for (; next <= Math.min(i + ahead, length - 1); next++) {
      while (tail > head && (larger ? line[queue[tail - 1]] <= line[next] : line[queue[tail - 1]] >= line[next]))
        tail--;
      queue[tail++] = next;
    }
    while (queue[head] < i - back) head++;
    target[start + i * step] = line[queue[head]];
  }
}

export const dilate = (source, wide, high = wide) => extremes(source, wide, high, true);
export const erode = (source, wide, high = wide) => extremes(source, wide, high, false);
