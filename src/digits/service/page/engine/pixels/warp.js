/** Affine maps of pictures, as OpenCV's `warpAffine`. A map is [a, b, c, d, e, f], row by row. */

import { image } from "./image.js";
import { cubicWeights } from "./resize.js";

export function inverseOf([a, b, c, d, e, f]) {
  const over = 1 / (a * e - b * d);
  const [p, q, r, s] = [e * over, -b * over, -d * over, a * over];
  return [p, q, -p * c - q * f, r, s, -r * c - s * f];
}

/** A float picture of one channel under a map, 0 beyond it; mixed from four pixels. */
export function warpFloats(source, map, width, height) {
  const made = image(width, height, 1, Float32Array);
  const at = (x, y) =>
    x < 0 || y < 0 || x >= source.width || y >= source.height ? 0 : source.data[y * source.width + x];
  return warp(made, map, (x, y, across, down) => mixed(at, x, y, across, down));
}

/** A picture of bytes under a map, its border repeated beyond; mixed from four pixels or 16. */
export function warpBytes(source, map, width, height, cubic) {
  const made = { ...image(width, height), data: new Uint8ClampedArray(width * height) };
  const at = (x, y) => {
    const column = Math.min(Math.max(x, 0), source.width - 1);
    return source.data[Math.min(Math.max(y, 0), source.height - 1) * source.width + column];
  };
  const mix = cubic ? mixedOf16 : mixed;
  warp(made, map, (x, y, across, down) => mix(at, x, y, across, down));
  return { ...made, data: new Uint8Array(made.data.buffer) };
}

function warp(made, map, value) {
  const [a, b, c, d, e, f] = inverseOf(map);
  for (let row = 0; row < made.height; row++) {
    for (let column = 0; column < made.width; column++) {
      const x = a * column + b * row + c;
      const y = d * column + e * row + f;
      const [left, top] = [Math.floor(x), Math.floor(y)];
      made.data[row * made.width + column] = value(left, top, x - left, y - top);
    }
  }
  return made;
}

function mixed(at, x, y, across, down) {
  const top = at(x, y) * (1 - across) + at(x + 1, y) * across;
  const low = at(x, y + 1) * (1 - across) + at(x + 1, y + 1) * across;
  return top * (1 - down) + low * down;
}

function mixedOf16(at, x, y, across, down) {
  const columns = cubicWeights(across);
  const rows = cubicWeights(down);
  let sum = 0;
  for (let j = 0; j < 4; j++) {
    let line = 0;
    for (let i = 0; i < 4; i++) line += columns[i] * at(x + i - 1, y + j - 1);
    sum += rows[j] * line;
  }
  return sum;
}
