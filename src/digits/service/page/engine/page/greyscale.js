/** Colours → grey levels in which the pen stands out, as `digits.reading.page.greyscale`. */

import { argmax, quantile } from "../geometry.js";
import { dilate, medianBlur } from "../pixels/filters.js";
import { cropped, image, inverted, paste, rint } from "../pixels/image.js";
import { resizeArea } from "../pixels/resize.js";
import { bounds, chanceOfLightPen, isPenLighter } from "../polarity.js";
import { constants } from "../reader.js";

const { SEEN, STRONG, PLAIN, FILLED, MARGIN } = constants["reading.page.greyscale"];
const LIGHT = [0.299, 0.587, 0.114]; // of red, green and blue
const { fround } = Math;

/** A picture of three colours as { picture, margin }: grey, the pen darker than the paper, and
 * around a small one a margin of paper so many pixels wide. */
export function prepare(colours) {
  const grey = greyscale(colours);
  const isSmall = Math.max(grey.width, grey.height) <= FILLED;
  return isSmall ? withPaperAround(grey) : { picture: grey, margin: 0 };
}

function greyscale(colours) {
  const grey = greyOf(colours);
  const isSmall = Math.max(grey.width, grey.height) <= FILLED;
  const isLighter = isSmall ? chanceOfLightPen(colours) > 0.5 : isPenLighter(grey);
  return isLighter ? inverted(grey) : grey;
}

/** With a margin of the paper at its borders: the lightest nearby, as strokes end there. */
export function withPaperAround(grey) {
  const { width, height } = grey;
  const margin = Math.max(1, rint(MARGIN * Math.max(width, height)));
  const paper = dilate(grey, 2 * margin + 1);
  const wide = image(width + 2 * margin, height + 2 * margin);
  for (let y = 0; y < wide.height; y++) {
    const row = Math.min(Math.max(y - margin, 0), height - 1) * width;
    for (let x = 0; x < wide.width; x++)
      wide.data[y * wide.width + x] = paper.data[row + Math.min(Math.max(x - margin, 0), width - 1)];
  }
  return { picture: paste(wide, grey, margin, margin), margin };
}

/** A box on a picture with a margin around it, on the picture without. */
export function within([x, y, wide, high], margin, { width, height }) {
  const left = Math.min(Math.max(x - margin, 0), width - 1);
  const top = Math.min(Math.max(y - margin, 0), height - 1);
  const right = Math.min(x + wide - margin, width);
  const bottom = Math.min(y + high - margin, height);
  return [left, top, Math.max(right - left, 1), Math.max(bottom - top, 1)];
}

/** As a photographic film sees it or, where pen and paper differ by their colours rather than by
 * their light, along that difference. */
function greyOf(colours) {
  const direction = colourOfPen(colours);
  return direction ? along(colours, direction) : plainGrey(colours);
}

/** As a photographic film sees it. */
export function plainGrey({ width, height, data }) {
  const grey = image(width, height);
  for (let i = 0, at = 0; i < grey.data.length; i++, at += 3)
    grey.data[i] = (9798 * data[at] + 19235 * data[at + 1] + 3735 * data[at + 2] + 16384) >> 15;
  return grey;
}

function along({ width, height, data }, direction) {
  const total = direction.reduce((sum, each) => sum + Math.abs(each), 0);
  const shares = direction.map((each) => fround(each / total));
  const mixed = new Float32Array(width * height);
  for (let i = 0, at = 0; i < mixed.length; i++, at += 3)
    mixed[i] = fround(fround(data[at] * shares[0]) + fround(data[at + 1] * shares[1])) + fround(data[at + 2] * shares[2]);
  const [low, high] = bounds(mixed);
  const gain = fround(255 / Math.max(high - low, 1));
  const grey = image(width, height);
  for (let i = 0; i < mixed.length; i++) grey.data[i] = fround(fround(mixed[i] - low) * gain);
  return grey;
}

/** The direction of colour in which the pen differs from the paper; null where grey shows it. */
function colourOfPen(colours) {
  const step = Math.ceil(Math.max(colours.width, colours.height) / SEEN);
  const [wide, high] = [colours.width, colours.height].map((side) => Math.floor(side / step));
  const side = Math.min(31, (Math.min(high, wide) - 1) | 1);
  if (side < 3) return null;
  const small = resizeArea(cropped(colours, 0, 0, wide * step, high * step), wide, high);
  const paper = medianBlur(small, side).data;
  const off = Float32Array.from(small.data, (level, i) => level - paper[i]);
  const strength = Float32Array.from({ length: wide * high }, (_, i) =>
    Math.hypot(off[3 * i], off[3 * i + 1], off[3 * i + 2]),
  );
  const limit = Math.max(quantile(strength, STRONG), 16);
  const spread = Array.from({ length: 3 }, () => [0, 0, 0]);
  let count = 0;
  strength.forEach((value, at) => {
    if (value < limit) return;
    count++;
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) spread[i][j] += off[3 * at + i] * off[3 * at + j];
  });
  if (!count) return null;
  const direction = mainDirection(spread);
  const shown = Math.abs(direction.reduce((sum, each, i) => sum + each * LIGHT[i], 0));
  if (shown >= PLAIN * Math.hypot(...LIGHT)) return null;
  const sign = Math.sign(direction[argmax(direction.map(Math.abs))]);
  return direction.map((each) => each * sign);
}

/** The eigenvector of the largest eigenvalue of a symmetric 3 × 3 matrix, by Jacobi's rotations. */
function mainDirection(matrix) {
  const a = matrix.map((row) => [...row]);
  const vectors = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  for (let round = 0; round < 20; round++)
    for (const [p, q] of [[0, 1], [0, 2], [1, 2]]) {
      if (Math.abs(a[p][q]) < 1e-12) continue;
      const angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (const row of [...a, ...vectors])
        [row[p], row[q]] = [cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]];
      [a[p], a[q]] = [0, 1].map((which) =>
        a[p].map((_, k) => (which ? sin * a[p][k] + cos * a[q][k] : cos * a[p][k] - sin * a[q][k])),
      );
    }
  const best = argmax([a[0][0], a[1][1], a[2][2]]);
  return vectors.map((row) => row[best]);
}
