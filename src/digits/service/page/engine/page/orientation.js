/** Which way up a page lies, as `digits.reading.page.orientation`. */

import { argmax, middleOf, quantile } from "../geometry.js";
import { cropped, rint, rotated } from "../pixels/image.js";
import { resizeArea } from "../pixels/resize.js";
import { constants } from "../reader.js";

const { ORIENTATIONS, UPRIGHT_DIGITS, PART, LINE_DIGIT } = constants["reading.page.orientation"];

const digitsOf = (page) => page.numbers.flatMap(({ digits }) => digits);

/** [degrees clockwise by which a grey picture has to be turned, what `read` finds on it then]. */
export async function upright(grey, read, parameters) {
  const page = await read(grey);
  const resembling = digitsOf(page).length + page.rejected.length;
  const fraction = telling(page, parameters.certain).length / Math.max(resembling, 1);
  if (resembling < parameters.enough || fraction >= parameters.usual) return [0, page];
  const { part, standing } = fullestPart(grey, page, parameters.certain);
  const others = [];
  for (const degrees of ORIENTATIONS.slice(1)) others.push(await read(rotated(part, degrees)));
  const counts = others.map((other) => telling(other, parameters.certain).length);
  const best = argmax(counts);
  const seen = digitsOf(others[best]).length + others[best].rejected.length;
  const needed = Math.max(parameters.enough, parameters.times * standing, parameters.usual * seen);
  if (counts[best] < needed) return [0, page];
  const degrees = ORIENTATIONS[1 + best];
  return [degrees, await read(rotated(grey, degrees))];
}

/** The boxes of certain digits that are one only this way up. */
function telling(page, certain) {
  return digitsOf(page)
    .filter(({ digit, confidence }) => UPRIGHT_DIGITS.includes(digit) && confidence >= certain)
    .map(({ box }) => box);
}

/** The part of a picture in which most resembles digits, no larger than need be; and how many of
 * them are certain upright. */
function fullestPart(grey, page, certain) {
  const boxes = [...digitsOf(page), ...page.rejected].map(({ box }) => box);
  const middles = boxes.map(middleOf);
  const size = quantile(boxes.map(([, , wide, high]) => Math.max(wide, high)), 0.5);
  const reach = (PART * size) / 2;
  const isNear = (one, other) => [0, 1].every((k) => Math.abs(one[k] - other[k]) <= reach);
  const near = middles.map((one) => middles.filter((other) => isNear(one, other)).length);
  const centre = middles[argmax(near)];
  const [left, top] = centre.map((at) => Math.max(0, rint(at - reach)));
  const [right, bottom] = [
    Math.min(rint(centre[0] + reach), grey.width),
    Math.min(rint(centre[1] + reach), grey.height),
  ];
  const part = cropped(grey, left, top, right - left, bottom - top);
  const scale = Math.min(1, LINE_DIGIT / size);
  const [wide, high] = [part.width, part.height].map((side) => Math.max(1, rint(side * scale)));
  const standing = telling(page, certain).filter((box) => isNear(middleOf(box), centre)).length;
  return { part: resizeArea(part, wide, high), standing };
}

/** Where a box on a turned picture lies on the picture as it is. */
export function rotatedBack([x, y, wide, high], degrees, { width, height }) {
  if (degrees === 90) return [y, height - x - wide, high, wide];
  if (degrees === 180) return [width - x - wide, height - y - high, wide, high];
  if (degrees === 270) return [width - y - high, x, high, wide];
  return [x, y, wide, high];
}
