/** Whether the pen is lighter than the paper, as `digits.model.polarity`. */

import { clip } from "./geometry.js";
import { boxSums } from "./pixels/filters.js";
import { image } from "./pixels/image.js";
import { constants } from "./reader.js";

const { SAMPLED, WINDOW, SKEWNESS } = constants["model.polarity"];

/** The mean of the three colours of each pixel, exact. */
export function meanOfColours(picture) {
  const made = image(picture.width, picture.height, 1, Float64Array);
  for (let i = 0; i < made.data.length; i++)
    made.data[i] = (picture.data[3 * i] + picture.data[3 * i + 1] + picture.data[3 * i + 2]) / 3;
  return made;
}

/** The probability that the pen is lighter; paper: the light of uneven paper, none of even. */
export function chanceOfLightPen(picture, paper) {
  const grey = meanOfColours(picture);
  if (!paper) {
    const [low, high] = bounds(grey.data);
    return chanceOfDarkPaper(grey, (low + high) / 2);
  }
  const light = meanOfColours(paper).data;
  let [lighter, darker] = [0, 0];
  grey.data.forEach((level, i) => {
    const cube = (level - light[i]) ** 3;
    if (cube > 0) lighter += cube;
    else darker -= cube;
  });
  return lighter / Math.max(lighter + darker, 1e-9);
}

export function bounds(values) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return [low, high];
}

function chanceOfDarkPaper({ width, height, data }, limit) {
  const isDark = (x, y) => (data[y * width + x] < limit ? 1 : 0);
  let [whole, border, length] = [0, 0, 0];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      whole += isDark(x, y);
      if (x > 0 && y > 0 && x < width - 1 && y < height - 1) continue;
      border += isDark(x, y);
      length++;
    }
  const corners = [0, width - 1].flatMap((x) => [0, height - 1].map((y) => isDark(x, y)));
  const corner = corners.reduce((sum, each) => sum + each, 0) / 4;
  const odds = [whole / data.length, border / length, corner]
    .map((fraction) => clip(fraction, 0.02, 0.98))
    .map((fraction, index) => (fraction / (1 - fraction)) ** (index === 2 ? 0.5 : 1))
    .reduce((product, each) => product * each, 1);
  return odds / (1 + odds);
}

/** Whether the pen is lighter than the paper on most of a grey page: ink is rare. */
export function isPenLighter(grey) {
  const step = Math.ceil(Math.max(grey.width, grey.height) / SAMPLED);
  const seen = image(Math.ceil(grey.width / step), Math.ceil(grey.height / step));
  for (let y = 0; y < seen.height; y++)
    for (let x = 0; x < seen.width; x++)
      seen.data[y * seen.width + x] = grey.data[y * step * grey.width + x * step];
  let [squares, cubes] = [0, 0];
  boxSums(seen, WINDOW).data.forEach((sum, i) => {
    const darker = sum / (WINDOW * WINDOW) - seen.data[i];
    squares += darker ** 2;
    cubes += darker ** 3;
  });
  const count = seen.data.length;
  return cubes / count < SKEWNESS * ((squares / count) ** 1.5 + 1);
}
