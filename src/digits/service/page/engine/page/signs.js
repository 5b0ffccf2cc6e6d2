/** Signs of a line, as `digits.reading.page.signs`: of numbers, or by themselves. */

import { largest, sizeOf } from "../geometry.js";
import { rint } from "../pixels/image.js";
import { constants } from "../reader.js";

const { MINUS } = constants["reading.page.signs"];

/** The minus of the number that begins with this candidate, or undefined. */
export function minusBefore(candidates, first, signs, parameters) {
  const before = candidates.filter(({ line, column }) => line === first.line && column < first.column);
  const end = largest(before.map(({ box }) => box[0] + box[2]));
  const room = parameters.gap * sizeOf(first.box);
  return signs.find((sign) => {
    if (sign.text !== MINUS || sign.line !== first.line) return false;
    const [left, right] = [sign.box[0], sign.box[0] + sign.box[2]];
    return sign.column <= first.column && first.box[0] - right < room && room < left - end;
  });
}

/** Those signs that stand on a line beside digits, and on none of them. */
export function loneSigns(signs, candidates, reach) {
  const kept = [];
  for (const line of new Set(signs.map((sign) => sign.line))) {
    const boxes = candidates.filter((each) => each.line === line).map(({ box }) => box);
    if (!boxes.length) continue;
    const limit = reach * median(boxes.map(sizeOf));
    const spans = boxes.map(([x, , wide]) => [x, x + wide]);
    const off = (sign) => Math.min(...spans.map((span) => distance(sign, span)));
    const own = signs.filter((sign) => sign.line === line).map((sign) => [off(sign), sign]);
    for (const [, sign] of own.sort((a, b) => a[0] - b[0])) {
      if (off(sign) > limit || isOn(sign, boxes)) continue;
      spans.push([sign.box[0], sign.box[0] + sign.box[2]]);
      kept.push({ text: sign.text, confidence: sign.probability, box: whole(sign.box) });
    }
  }
  return kept;
}

function distance({ box }, span) {
  return Math.max(span[0] - box[0] - box[2], box[0] - span[1], 0);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Whether its middle lies on a digit. */
function isOn({ box: [x, y, wide, high] }, boxes) {
  const middle = [x + wide / 2, y + high / 2];
  return boxes.some((box) =>
    [0, 1].every((k) => Math.abs(box[k] + box[k + 2] / 2 - middle[k]) / Math.max(box[k + 2], 1) < 0.3),
  );
}

/** A box in whole pixels, of one pixel at least. */
export function whole([x, y, wide, high]) {
  return [Math.max(rint(x), 0), Math.max(rint(y), 0), Math.max(rint(wide), 1), Math.max(rint(high), 1)];
}
