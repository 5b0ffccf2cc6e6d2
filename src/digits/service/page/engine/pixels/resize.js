/** Resizing as OpenCV does it: by area, linear and cubic, of bytes and of floats. */

import { image, rint } from "./image.js";

const { fround } = Math;
const ONE = 2048; // fixed-point one of the weights that bytes are mixed with

/** Each pixel is the mean of those that it covers; for shrinking. */
export function resizeArea(source, width, height) {
  const across = source.width / width;
  const down = source.height / height;
  if (across < 1 || down < 1) return resizeLinear(source, width, height, true);
  if (Number.isInteger(across) && Number.isInteger(down)) return blocks(source, width, height);
  const { channels } = source;
  const made = image(width, height, channels, source.data.constructor);
  const columns = coverage(source.width, width);
  const rows = coverage(source.height, height);
  const line = new Float32Array(width * channels);
  const sum = new Float32Array(width * channels);
  const bytes = source.data instanceof Uint8Array;
  for (let y = 0, last = -1; y < height; y++) {
    sum.fill(0);
    for (let k = rows.starts[y]; k < rows.starts[y + 1]; k++) {
      if (rows.places[k] !== last) sumAcross(source, (last = rows.places[k]), columns, line);
      const share = rows.shares[k];
      for (let i = 0; i < sum.length; i++) sum[i] += fround(line[i] * share);
    }
    for (let i = 0, at = y * sum.length; i < sum.length; i++)
      made.data[at + i] = bytes ? rint(sum[i]) : sum[i];
  }
  return made;
}

function sumAcross({ width, channels, data }, row, { starts, places, shares }, line) {
  for (let x = 0, at = 0; x < starts.length - 1; x++) {
    for (let c = 0; c < channels; c++, at++) {
      let sum = 0;
      for (let k = starts[x]; k < starts[x + 1]; k++)
        sum = fround(sum + fround(data[(row * width + places[k]) * channels + c] * shares[k]));
      line[at] = sum;
    }
  }
}

/** The pixels of `large` that each pixel of `small` covers, with their shares: those of pixel x
 * stand from starts[x] on. */
function coverage(large, small) {
  const scale = 1 / (small / large);
  const [starts, places, shares] = [[0], [], []];
  const add = (place, share) => {
    places.push(place);
    shares.push(share);
  };
  for (let x = 0; x < small; x++) {
    const start = x * scale;
    const end = start + scale;
    const cell = Math.min(scale, large - start);
    const last = Math.min(Math.floor(end), large - 1);
    const first = Math.min(Math.ceil(start), last);
    if (first - start > 1e-3) add(first - 1, (first - start) / cell);
    for (let i = first; i < last; i++) add(i, 1 / cell);
    if (end - last > 1e-3) add(last, Math.min(end - last, 1, cell) / cell);
    starts.push(places.length);
  }
  return { starts, places: Int32Array.from(places), shares: Float32Array.from(shares) };
}

/** Whole blocks of pixels. */
function blocks(source, width, height) {
  const { channels, data } = source;
  const [wide, high] = [source.width / width, source.height / height];
  const made = image(width, height, channels, data.constructor);
  const share = fround(1 / (wide * high));
  const bytes = data instanceof Uint8Array;
  const half = bytes && wide === 2 && high === 2;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width * channels; x++) {
      const column = Math.floor(x / channels) * wide * channels + (x % channels);
      let sum = 0;
      for (let j = 0; j < high; j++) {
        const start = (y * high + j) * source.width * channels + column;
        for (let i = 0; i < wide; i++) sum += data[start + i * channels];
      }
      const mean = fround(sum * share);
      made.data[y * width * channels + x] = half ? (sum + 2) >> 2 : bytes ? rint(mean) : mean;
    }
  }
  return made;
}

/** Mixed from the four pixels around. asArea: where one side shrinks and the other does not. */
export function resizeLinear(source, width, height, asArea = false) {
  const halves = source.width === 2 * width && source.height === 2 * height;
  if (halves && !asArea) return blocks(source, width, height);
  const columns = asArea ? areaWeights(source.width, width) : linearWeights(source.width, width);
  const rows = asArea ? areaWeights(source.height, height) : linearWeights(source.height, height);
  const mix = source.data instanceof Uint8Array ? mixBytes : mixFloats;
  const made = image(width, height, source.channels, source.data.constructor);
  const count = width * source.channels;
  for (let y = 0; y < height; y++) {
    const { first, second, share } = rows[y];
    mix(source, columns, first, second, share, made.data.subarray(y * count, (y + 1) * count));
  }
  return made;
}

function mixBytes({ data, width, channels }, columns, first, second, share, line) {
  const down = rint(share * ONE);
  const up = rint((1 - share) * ONE);
  for (let i = 0; i < line.length; i++) {
    const column = columns[Math.floor(i / channels)];
    const [left, right] = [column.first * channels, column.second * channels];
    const c = i % channels;
    const before = rint((1 - column.share) * ONE);
    const behind = rint(column.share * ONE);
    const top = first * width * channels + c;
    const low = second * width * channels + c;
    const above = data[top + left] * before + data[top + right] * behind;
    const below = data[low + left] * before + data[low + right] * behind;
    line[i] = (((up * (above >> 4)) >> 16) + ((down * (below >> 4)) >> 16) + 2) >> 2;
  }
}

function mixFloats({ data, width, channels }, columns, first, second, share, line) {
  const keep = fround(1 - share);
  for (let i = 0; i < line.length; i++) {
    const column = columns[Math.floor(i / channels)];
    const [left, right] = [column.first * channels, column.second * channels];
    const c = i % channels;
    const rest = fround(1 - column.share);
    const top = first * width * channels + c;
    const low = second * width * channels + c;
    const above = fround(fround(data[top + left] * rest) + fround(data[top + right] * column.share));
    const below = fround(fround(data[low + left] * rest) + fround(data[low + right] * column.share));
    line[i] = fround(above * keep) + fround(below * share);
  }
}

function linearWeights(large, small) {
  const scale = 1 / (small / large);
  return Array.from({ length: small }, (_, x) => {
    const at = fround((x + 0.5) * scale - 0.5);
    const first = Math.floor(at);
    if (first < 0) return { first: 0, second: 0, share: 0 };
    if (first >= large - 1) return { first: large - 1, second: large - 1, share: 0 };
    return { first, second: first + 1, share: fround(at - first) };
  });
}

function areaWeights(large, small) {
  const [scale, back] = [1 / (small / large), small / large];
  return Array.from({ length: small }, (_, x) => {
    const first = Math.floor(x * scale);
    const share = fround(x + 1 - (first + 1) * back);
    if (first >= large - 1) return { first: large - 1, second: large - 1, share: 0 };
    return { first, second: first + 1, share: share <= 0 ? 0 : fround(share - Math.floor(share)) };
  });
}

/** Mixed from the sixteen pixels around, of one channel of bytes; for enlarging. */
export function resizeCubic(source, width, height) {
  const columns = cubicTaps(source.width, width);
  const rows = cubicTaps(source.height, height);
  const wide = new Int32Array(width * source.height);
  for (let y = 0; y < source.height; y++) {
    for (let x = 0; x < width; x++) {
      const { at, shares } = columns[x];
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += source.data[y * source.width + at[k]] * shares[k];
      wide[y * width + x] = sum;
    }
  }
  const made = { ...image(width, height), data: new Uint8ClampedArray(width * height) };
  for (let y = 0; y < height; y++) {
    const { at, shares } = rows[y];
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += wide[at[k] * width + x] * shares[k];
      made.data[y * width + x] = sum / (ONE * ONE);
    }
  }
  return { ...made, data: new Uint8Array(made.data.buffer) };
}

function cubicTaps(large, small) {
  const scale = 1 / (small / large);
  return Array.from({ length: small }, (_, x) => {
    const place = fround((x + 0.5) * scale - 0.5);
    const first = Math.floor(place);
    const shares = cubicWeights(place - first).map((share) => rint(share * ONE));
    const at = [-1, 0, 1, 2].map((k) => Math.min(Math.max(first + k, 0), large - 1));
    return { at, shares };
  });
}

/** Keys 1981, "Cubic convolution interpolation", with the free parameter at -3/4. */
export function cubicWeights(off) {
  const a = -0.75;
  const first = ((a * (off + 1) - 5 * a) * (off + 1) + 8 * a) * (off + 1) - 4 * a;
  const second = ((a + 2) * off - (a + 3)) * off * off + 1;
  const third = ((a + 2) * (1 - off) - (a + 3)) * (1 - off) * (1 - off) + 1;
  return [first, second, third, 1 - first - second - third];
}
