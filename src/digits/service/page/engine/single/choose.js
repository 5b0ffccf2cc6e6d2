/** Features of candidates, as `digits.reading.single.choose`. */

import { clip, iou, largest } from "../geometry.js";
import { constants, parameters } from "../reader.js";

const { NEARBY, LOWEST, LEAST, PLACE, ANSWER, CLASSES } = constants["reading.single.choose"];

/** What is known of candidates of one ink before the classifier sees them, weighed: (N,). */
export function placeScores(candidates, agreed) {
  const { source } = candidates[0];
  const limit = [source.level.width, source.level.height];
  const within = massWithin(source);
  return candidates.map(({ box, mass, contrast }, index) => {
    const low = box.slice(0, 2);
    const high = [box[0] + box[2], box[1] + box[3]];
    const room = NEARBY * Math.max(box[2], box[3]);
    const nearby = Math.max(within(low.map((v) => v - room), high.map((v) => v + room)), mass);
    const off = Math.max(...[0, 1].map((k) => Math.abs((low[k] + high[k]) / 2 / limit[k] - 0.5)));
    const borders = [0, 1].reduce((n, k) => n + (low[k] <= 0) + (high[k] >= limit[k]), 0);
    const features = {
      polarity: Math.log(source.chance),
      ink_nearby: Math.log(mass / nearby),
      contrast: Math.log(contrast),
      borders: borders * source.roomy,
      off_centre: Math.log(1 - off),
      detection: largest(agreed[index]),
    };
    return PLACE.reduce((sum, name) => sum + features[name] * parameters.single[name], 0);
  });
}

/** What the detector makes of each box: (N, 10). */
export function agreement(boxes, detections) {
  return boxes.map((box) => {
    const none = new Float64Array(CLASSES);
    let [most, best] = [-1, null];
    for (const each of detections) {
      const overlap = iou(box, each.box);
      if (overlap > most) [most, best] = [overlap, each];
    }
    return best ? Float64Array.from(best.logits, (logit) => Math.max(logit - LOWEST, 0) * most) : none;
  });
}

/** What classifier and detector think of each digit at a candidate, weighed: (10,). */
export function answerScores(probabilities, isDigit, agreed) {
  const most = largest(agreed);
  return Array.from(probabilities, (probability, digit) => {
    const features = {
      classifier: Math.log(Math.max(probability, LEAST)),
      is_digit: Math.log(Math.max(isDigit, LEAST)),
      detector: agreed[digit] - most,
    };
    return ANSWER.reduce((sum, name) => sum + features[name] * parameters.single[name], 0);
  });
}

/** The summed level in boxes from `low` to `high`, by sums over all pixels above and to the left. */
function massWithin({ level, floor }) {
  const wide = level.width + 1;
  const sums = new Float64Array(wide * (level.height + 1));
  for (let y = 0; y < level.height; y++) {
    let row = 0;
    for (let x = 0; x < level.width; x++) {
      const value = level.data[y * level.width + x];
      row += value > floor ? value : 0;
      sums[(y + 1) * wide + x + 1] = sums[y * wide + x + 1] + row;
    }
  }
  return (low, high) => {
    const [left, right] = [low[0], high[0]].map((x) => Math.trunc(clip(x, 0, level.width)));
    const [top, foot] = [low[1], high[1]].map((y) => Math.trunc(clip(y, 0, level.height)));
    const at = (y, x) => sums[y * wide + x];
    return (at(foot, right) - at(top, right) - at(foot, left) + at(top, left)) / 255;
  };
}
