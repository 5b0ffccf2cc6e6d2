/** Fused candidates → digits, and what only resembles one, as `digits.reading.page.accept`. */

import { clip, largest, nms } from "../geometry.js";
import { rint } from "../pixels/image.js";
import { digitOf } from "../result.js";
import { constants } from "../reader.js";

const { BESIDE, BY_CHANCE, UNSURE } = constants["reading.page.accept"];

/** { digits, candidates, rejected } of a page { width, height }, none of them twice. */
export function accept(candidates, fused, page, parameters) {
  const worthy = candidates.map((_, i) => i).filter((i) => fused[i].isDigit >= parameters.doubtful);
  const some = worthy.map((i) => candidates[i]);
  const kept = nms(
    some.map(({ box }) => box),
    worthy.map((i) => fused[i].isDigit),
    { unlikely: Infinity, bothStay: (a, b) => areBeside(some[a], some[b], parameters) },
  ).map((k) => worthy[k]);
  const accepted = kept.filter((i) => fused[i].isDigit >= parameters.threshold);
  const surest = accepted.map((i) => fused[i].isDigit * largest(fused[i].probabilities));
  const byChance = areByChance(surest, candidates.length, parameters);
  const [digits, rejected] = [[], []];
  for (const i of kept) {
    const box = wholeBox(candidates[i].box, page);
    const isAccepted = fused[i].isDigit >= parameters.threshold;
    if (isAccepted && !byChance) digits.push(tempered(fused[i], box, candidates[i].tile, parameters));
    else rejected.push({ box, reason: isAccepted ? BY_CHANCE : UNSURE });
  }
  return { digits, candidates: byChance ? [] : accepted.map((i) => candidates[i]), rejected };
}

/** A digit with its log-odds divided by a temperature. */
function tempered({ probabilities, isDigit }, box, tile, { temperature }) {
  const raised = probabilities.map((each) => each ** (1 / temperature));
  const total = raised.reduce((sum, each) => sum + each, 0);
  const kept = clip(isDigit, 1e-7, 1 - 1e-7);
  const odds = Math.exp(Math.log(kept / (1 - kept)) / temperature);
  return digitOf(raised.map((each) => each / total), odds / (1 + odds), box, tile);
}

/** Whether two were recognised on one line, each in columns of its own. */
export function areBeside(first, second, { recognised }) {
  return (
    largest(first.recogniser) >= recognised &&
    largest(second.recogniser) >= recognised &&
    Math.abs(first.column - second.column) >= BESIDE &&
    first.line === second.line
  );
}

/** Whether digits are few, and none more probable than the best of so many that are none. */
function areByChance(confidences, count, parameters) {
  const { by_chance: chance, few, rare, min_surest: low, max_surest: high } = parameters;
  const bound = clip(1 - chance / Math.max(count - 1, chance), low, high);
  const isFew = confidences.length > 0 && confidences.length <= Math.max(few, rare * count);
  return isFew && largest(confidences) < bound;
}

/** In whole pixels within the page. */
export function wholeBox([x, y, wide, high], { width, height }) {
  const [left, top] = [clip(rint(x), 0, width - 1), clip(rint(y), 0, height - 1)];
  const right = clip(rint(x + wide), left + 1, width);
  return [left, top, right - left, clip(rint(y + high), top + 1, height) - top];
}
