/** Which way up a page lies, as `digits.reading.page.orientation`. */

import { argmax, middleOf, quantile } from "../geometry.js";
import { cropped, rint, rotated } from "../pixels/image.js";
import { resizeArea } from "../pixels/resize.js";
import { constants } from "../reader.js";

const { ORIENTATIONS, UPRIGHT_DIGITS, PART, SMALL, LIKELY, LINE_DIGIT } = constants["reading.page.orientation"];
const SUREST = 1 - 1e-4; // that counts

const digitsOf = (page) => page.numbers.flatMap(({ digits }) => digits);
const resembling = (page) => digitsOf(page).length + page.rejected.length;

/** [degrees clockwise by which a grey picture has to be turned, what `read` finds on it then]. */
export async function upright(grey, read, parameters) {
  const page = await read(grey);
  if (readsWell(page, parameters)) return [0, page];
  const { part, standing } = fullestPart(grey, page);
  const others = [];
  for (const degrees of ORIENTATIONS.slice(1)) others.push(await read(rotated(part, degrees)));
  const sums = others.map((other) => evidence(digitsOf(other)));
  const best = argmax(sums);
  const enough = parameters.enough * Math.sqrt(resembling(others[best]));
  if (sums[best] <= Math.max(standing + enough, parameters.times * standing)) return [0, page];
  const degrees = ORIENTATIONS[1 + best];
  const turned = await read(rotated(grey, degrees));
  const isSurer = evidence(digitsOf(turned)) > evidence(digitsOf(page));
  return isSurer && telling(turned, parameters) ? [degrees, turned] : [0, page];
}

/** The sum of the log-odds of the likely ones of some digits. */
function evidence(digits) {
  const likely = digits.map(({ confidence }) => confidence).filter((each) => each > LIKELY);
  return likely.reduce((sum, each) => sum + Math.log(Math.min(each, SUREST) / (1 - Math.min(each, SUREST))), 0);
}

/** Whether enough of what resembles digits is certain and has one way up. */
function readsWell(page, parameters) {
  const count = telling(page, parameters);
  return count > 0 && count >= parameters.usual * resembling(page);
}

/** How many digits are certain and have one way up. */
const telling = (page, { certain }) =>
  digitsOf(page).filter(({ digit, confidence }) => UPRIGHT_DIGITS.includes(digit) && confidence >= certain).length;

/** The part of a picture in which most resembles digits, no larger than need be, and the evidence of
 * those in it; the whole, made small, where it is or nothing does. */
function fullestPart(grey, page) {
  const digits = digitsOf(page);
  const boxes = [...digits, ...page.rejected].map(({ box }) => box);
  const longest = Math.max(grey.width, grey.height);
  if (!boxes.length || longest <= SMALL) return { part: shrunk(grey, SMALL / longest), standing: evidence(digits) };
  const size = quantile(boxes.map(([, , wide, high]) => Math.max(wide, high)), 0.5);
  const reach = (PART * size) / 2;
  const isNear = (one, other) => [0, 1].every((k) => Math.abs(one[k] - other[k]) <= reach);
  const middles = boxes.map(middleOf);
  const centre = middles[argmax(middles.map((one) => middles.filter((other) => isNear(one, other)).length))];
  const [left, top] = centre.map((at) => Math.max(0, rint(at - reach)));
  const right = Math.min(rint(centre[0] + reach), grey.width);
  const bottom = Math.min(rint(centre[1] + reach), grey.height);
  const part = cropped(grey, left, top, right - left, bottom - top);
  const standing = digits.filter((_, k) => isNear(middles[k], centre));
  return { part: shrunk(part, LINE_DIGIT / size), standing: evidence(standing) };
}

/** A picture at that scale, or as it is where that is larger. */
function shrunk(grey, scale) {
  const [wide, high] = [grey.width, grey.height].map((side) => Math.max(1, rint(side * Math.min(1, scale))));
  return resizeArea(grey, wide, high);
}

/** Where a box on a turned picture lies on the picture as it is. */
export function rotatedBack([x, y, wide, high], degrees, { width, height }) {
  if (degrees === 90) return [y, height - x - wide, high, wide];
  if (degrees === 180) return [width - x - wide, height - y - high, wide, high];
  if (degrees === 270) return [width - y - high, x, high, wide];
  return [x, y, wide, high];
}
