/** Which texts the number of a crop may be, as `digits.reading.number.texts`. A text is a list of
 * digits. */

import { argmax, largest } from "../geometry.js";
import { constants } from "../reader.js";
import { likeliest } from "./ctc.js";

const { USUAL, HARDLY, DIGIT_TOKENS } = constants["reading.number.texts"];
const [, EACH, MOST, RARE] = USUAL;

/** Frames of the blank, which whatever is no digit counts as, and the digits. */
export function digitsAlone(frames) {
  return frames.map((frame) => {
    const digits = frame.subarray(...DIGIT_TOKENS);
    const rest = 1 - digits.reduce((sum, each) => sum + each, 0);
    return [rest, ...digits].map((each) => Math.max(each, 1e-9));
  });
}

/** The likeliest texts of some lines together, and the highest probability of any digit. */
export function likelyTexts(lines) {
  const total = new Map();
  let some = 0;
  for (const frames of lines) {
    const found = likeliest(frames).filter(([tokens]) => tokens.length);
    some = Math.max(some, found.reduce((sum, [, probability]) => sum + probability, 0));
    for (const [tokens, probability] of found.slice(0, EACH)) {
      const text = tokens.map((token) => token - 1);
      const known = total.get(text.join()) ?? [text, 0];
      total.set(text.join(), [text, known[1] + probability]);
    }
  }
  const texts = [...total.values()].sort((a, b) => b[1] - a[1]).slice(0, MOST);
  return [texts.filter(([, each]) => each >= RARE * texts[0][1]).map(([text]) => text), some];
}

/** The logarithm of the probability that candidates, from left to right, are a text; scores: the
 * log-odds of each digit against none at each. */
export function logLikelihoodOfCandidates(scores, text) {
  let ways = [1, ...text.map(() => 0)];
  for (const row of scores) {
    const top = Math.max(largest(row), 0);
    const raised = row.map((score) => Math.exp(score - top));
    const none = Math.exp(-top);
    const whole = raised.reduce((sum, each) => sum + each, none);
    ways = ways.map((way, k) => (way * none + (k ? ways[k - 1] * raised[text[k - 1]] : 0)) / whole);
  }
  return Math.log(Math.max(ways.at(-1), 1e-300));
}

/** Candidates from left to right as a text, those left out that are hardly digits. */
export function textOfCandidates(scores) {
  const odds = (row) => row.reduce((sum, score) => sum + Math.exp(Math.min(score, 60)), 0);
  return scores.filter((row) => odds(row) >= HARDLY).map(argmax);
}
