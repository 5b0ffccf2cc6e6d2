/** A crop that holds exactly one number → that number, as `digits.reading.number.route`. */

import { largest, nms } from "../geometry.js";
import { localContrast } from "../inputs.js";
import { recogniserFrames } from "../networks.js";
import { areBeside } from "../page/accept.js";
import { digitScores } from "../page/fuse.js";
import { prepare, within } from "../page/greyscale.js";
import { candidatesOn, ctcSegments, legible } from "../page/recognise.js";
import { constants, parameters } from "../reader.js";
import { answer } from "./answer.js";
import { logLikelihood } from "./ctc.js";
import { findLines } from "./lines.js";
import { digitsAlone, likelyTexts, logLikelihoodOfCandidates, textOfCandidates } from "./texts.js";

const { DIGIT_TOKENS } = constants["reading.number.route"];
const { FEATURES } = constants["reading.number.choose"];

/** The number of a picture of three colours; null where there is none. */
export async function readNumber(colours) {
  const { picture: grey, margin } = prepare(colours);
  const found = await thinkOf(await findLines(grey));
  if (!found) return null;
  const back = (each) => ({ ...each, box: within(each.box, margin, colours) });
  const number = answer(found, grey);
  return { ...back(number), digits: number.digits.map(back) };
}

/** The texts that a crop may be, with their probabilities; null for an empty crop. */
async function thinkOf(lines) {
  const crops = [lines.detected, lines.whole].filter(Boolean);
  const frames = [];
  for (const { pixels } of crops) frames.push(...(await recogniserFrames([localContrast(pixels)])));
  const scores = lines.detected ? await scoresOn(lines, frames[0]) : [];
  const alone = frames.map(digitsAlone);
  const texts = textsOf(lines, alone, scores);
  if (!texts.length) return null;
  const tokens = texts.map((text) => text.map((digit) => digit + DIGIT_TOKENS[0]));
  const likelihoods = alone.map((line) => tokens.map((text) => logLikelihood(line, text)));
  const detected = lines.detected ? likelihoods[0] : texts.map(() => -Infinity);
  const fused = texts.map((text) => logLikelihoodOfCandidates(scores, text));
  const probabilities = probabilitiesOf(texts, detected, likelihoods.at(-1), fused);
  return { lines, crops, frames, texts, likelihoods, probabilities };
}

function textsOf(lines, alone, scores) {
  const [texts, anyDigit] = likelyTexts(alone);
  if (!lines.detected && anyDigit < parameters.number.empty) return [];
  const fused = textOfCandidates(scores);
  const isNew = fused.length && !texts.some((text) => text.join() === fused.join());
  return isNew ? [...texts, fused] : texts;
}

/** The log-odds of each digit at the candidates of the detected line, from left to right. */
async function scoresOn(lines, frames) {
  const { recognise, fuse, accept } = parameters;
  const rows = frames.map((frame) => frame.subarray(...DIGIT_TOKENS));
  const segments = ctcSegments(rows, recognise.threshold);
  const found = candidatesOn(0, lines.detected, frames, segments, lines.levels, recognise);
  const candidates = legible(found, recognise);
  const scores = await digitScores(candidates, fuse);
  const bothStay = (a, b) => areBeside(candidates[a], candidates[b], accept);
  const best = scores.map((row) => Math.max(largest(row), 0));
  const kept = nms(candidates.map(({ box }) => box), best, { unlikely: Infinity, bothStay });
  kept.sort((a, b) => candidates[a].column - candidates[b].column);
  return kept.map((index) => scores[index]);
}

/** A conditional logit over the texts and any other, as `digits.reading.number.choose`. */
function probabilitiesOf(texts, detected, whole, fused) {
  const weights = parameters.number;
  const scores = texts.map((text, k) => {
    const [line, crop, candidates] = [detected, whole, fused].map((row) => Math.max(row[k], weights.floor));
    const features = { detected: line, whole: crop, fused: candidates, detected_per_digit: line / text.length };
    return FEATURES.reduce((sum, name) => sum + features[name] * weights[name], 0);
  });
  const top = Math.max(largest(scores), weights.other);
  const raised = scores.map((score) => Math.exp(score - top));
  const total = raised.reduce((sum, each) => sum + each, Math.exp(weights.other - top));
  return raised.map((each) => each / total);
}
