/** Thresholds and connected components. */

import { image } from "./image.js";

/** Otsu's threshold of bytes (Otsu 1979): pixels above it are the brighter part. */
export function otsu(source) {
  const counts = new Float64Array(256);
  for (const level of source.data) counts[level]++;
  const total = source.data.length;
  let mean = 0;
  for (let level = 0; level < 256; level++) mean += (level * counts[level]) / total;
  let [share, low, best, threshold] = [0, 0, 0, 0];
  for (let level = 0; level < 256; level++) {
    const own = counts[level] / total;
    low *= share;
    share += own;
    const rest = 1 - share;
    if (Math.min(share, rest) < 1.2e-7 || Math.max(share, rest) > 1 - 1.2e-7) continue;
    low = (low + level * own) / share;
    const high = (mean - share * low) / rest;
    const between = share * rest * (low - high) ** 2;
    if (between > best) [best, threshold] = [between, level];
  }
  return threshold;
}

/** The connected pixels of a mask that are not 0, diagonal ones too.
 *
 * Returns labels (Int32Array, 0 for paper), and of each label: its box [x, y, width, height], area,
 * and centre [x, y]; those of 0 first. Labels are in the order of OpenCV's, that of 2×2 blocks.
 */
export function connectedComponents(mask) {
  const { width, height } = mask;
  const { labels, firsts } = provisional(mask);
  const order = firsts.map((block, index) => [block, index]).sort((a, b) => a[0] - b[0]);
  const final = new Int32Array(firsts.length + 1);
  order.forEach(([, index], rank) => (final[index + 1] = rank + 1));
  const count = firsts.length + 1;
  const stats = Array.from({ length: count }, () => [width, height, 0, 0, 0, 0, 0]);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const own = stats[(labels[i] = final[labels[i]])];
      if (x < own[0]) own[0] = x;
      if (y < own[1]) own[1] = y;
      if (x >= own[2]) own[2] = x + 1;
      if (y >= own[3]) own[3] = y + 1;
      own[4]++;
      own[5] += x;
      own[6] += y;
    }
  }
  return {
    labels,
    boxes: stats.map(([x, y, right, bottom, n]) => (n ? [x, y, right - x, bottom - y] : [0, 0, 0, 0])),
    areas: stats.map((own) => own[4]),
    centres: stats.map((own) => [own[5] / own[4], own[6] / own[4]]),
  };
}

/** Labels by flooding, and the first 2×2 block of each. */
function provisional(mask) {
  const { width, height, data } = mask;
  const labels = new Int32Array(width * height);
  const blocksWide = (width + 1) >> 1;
  const firsts = [];
  const stack = [];
  for (let seed = 0; seed < data.length; seed++) {
    if (!data[seed] || labels[seed]) continue;
    const label = firsts.length + 1;
    let first = Infinity;
    labels[seed] = label;
    stack.push(seed);
    while (stack.length) {
      const at = stack.pop();
      const [x, y] = [at % width, Math.floor(at / width)];
      first = Math.min(first, (y >> 1) * blocksWide + (x >> 1));
      for (let j = Math.max(y - 1, 0); j <= Math.min(y + 1, height - 1); j++)
        for (let i = Math.max(x - 1, 0); i <= Math.min(x + 1, width - 1); i++) {
          const next = j * width + i;
          if (data[next] && !labels[next]) {
            labels[next] = label;
            stack.push(next);
          }
        }
    }
    firsts.push(first);
  }
  return { labels, firsts };
}

/** A mask, 1 where a picture of one channel is above a level. */
export function above(source, level) {
  const made = image(source.width, source.height);
  for (let i = 0; i < made.data.length; i++) made.data[i] = source.data[i] > level ? 1 : 0;
  return made;
}
