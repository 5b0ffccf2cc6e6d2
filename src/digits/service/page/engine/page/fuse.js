/** Late fusion of three networks, as `digits.reading.page.fuse`. */

import { argmax, clip, largest, sizeOf } from "../geometry.js";
import { classify } from "../networks.js";
import { rint } from "../pixels/image.js";
import { constants } from "../reader.js";

const { LIMIT, FEATURES, NETWORKS, AGREED, MIN_PRIOR, ROUNDS, BINS, CLASSES, LINE_DIGIT } =
  constants["reading.page.fuse"];
const { fround } = Math;

/** What the networks say together of each candidate: { probabilities, isDigit }. */
export async function fuse(candidates, parameters) {
  const scores = await digitScores(candidates, parameters);
  const sums = scores.map((row) => {
    const top = Math.max(largest(row), 0);
    const raised = row.map((score) => Math.exp(score - top));
    const total = raised.reduce((sum, each) => sum + each, 0);
    return { raised, total, isDigit: total / (total + Math.exp(-top)) };
  });
  const there = adjustPrior(sums.map(({ isDigit }) => isDigit), candidates, parameters);
  return sums.map(({ raised, total }, i) => ({
    probabilities: Float32Array.from(raised, (each) => each / Math.max(total, 1e-30)),
    isDigit: there[i],
  }));
}

/** The log-odds of each digit against none at each candidate. */
export async function digitScores(candidates, parameters) {
  const { probabilities, isDigit } = await classify(candidates.map(({ tile }) => tile), false);
  return features(candidates, probabilities, isDigit, parameters).map((digits) =>
    digits.map((row) => row.reduce((sum, value, k) => sum + value * parameters.weights[FEATURES[k]], 0)),
  );
}

/** FEATURES of each digit at each candidate. */
function features(candidates, classified, isDigit, parameters) {
  const agreed = candidates.map(isAgreed);
  const near = nearDigits(candidates, agreed, parameters);
  const trust = trustOf(candidates, agreed, classified, isDigit, parameters);
  const sumAlike = sizeKernel(candidates, parameters);
  const count = sumAlike(candidates.map(() => 1));
  const letters = lettersAmong(candidates, sumAlike, count, parameters);
  return candidates.map((each, i) => {
    const { fine, coarse } = parameters;
    const isCoarse = clip((fine - sizeOf(each.box)) / (fine - coarse), 0, 1);
    const logits = Array.from(each.detector, (logit) => clip(logit, -LIMIT, LIMIT));
    const shared = [largest(logits), 1 / Math.max(count[i], 1), letters[i]];
    return Array.from({ length: CLASSES }, (_, digit) => {
      const networks = [
        logits[digit],
        logOdds(each.recogniser[digit]),
        Math.max(Math.log(Math.max(classified[i][digit], 1e-9)), -LIMIT),
        logOdds(isDigit[i]),
        1,
      ];
      const times = (factor) => networks.map((value) => value * factor);
      return [
        ...networks,
        ...times(isCoarse),
        ...times(near[i]),
        networks[NETWORKS.indexOf("classifier")] * trust,
        networks[NETWORKS.indexOf("is_digit")] * trust,
        ...shared,
      ];
    });
  });
}

/** Whether detector and recogniser agree that there is a digit, and which. */
function isAgreed({ detector, recogniser }) {
  const digit = argmax(detector);
  return detector[digit] > 0 && recogniser[digit] > AGREED;
}

/** How many agreed digits are near on the line of each candidate, many being 1. */
function nearDigits(candidates, agreed, parameters) {
  const reach = parameters.near * LINE_DIGIT;
  return candidates.map((each) => {
    const isNear = (other, k) =>
      agreed[k] && other !== each && other.line === each.line && Math.abs(other.column - each.column) < reach;
    return Math.min(candidates.filter(isNear).length / parameters.many, 1);
  });
}

/** Probabilities that candidates are digits, adjusted to the prior of their page (Saerens 2002). */
function adjustPrior(isDigit, candidates, parameters) {
  const { digit_prior: prior, patience, max_doubtful: most } = parameters;
  const sumAlike = sizeKernel(candidates, parameters);
  const count = sumAlike(isDigit.map(() => 1));
  const odds = isDigit.map((p) => (p / Math.max(1 - p, 1e-9)) * ((1 - prior) / prior));
  let fraction = odds.map(() => prior);
  let adjusted = odds;
  for (let round = 0; round < ROUNDS; round++) {
    adjusted = odds.map((o, i) => (o * fraction[i]) / (o * fraction[i] + 1 - fraction[i]));
    const sums = sumAlike(adjusted);
    fraction = sums.map((sum, i) => {
      const mean = sum / count[i];
      const weight = count[i] / (1 + count[i] / most);
      const moved = (weight * mean + patience * prior) / (weight + patience);
      return clip(moved, MIN_PRIOR, prior);
    });
  }
  return adjusted.map(fround);
}

/** For each candidate, the fraction of letters among the others of like size, less the usual one. */
function lettersAmong(candidates, sumAlike, count, parameters) {
  const alike = sumAlike(candidates.map(({ letter }) => letter));
  const { letter_prior: prior, patience } = parameters;
  return candidates.map(({ letter }, i) => {
    const others = count[i] - 1;
    return (alike[i] - letter + patience * prior) / (others + patience) - prior;
  });
}

/** Sums over candidates of like size, by a Gaussian in octaves over a histogram. */
function sizeKernel(candidates, parameters) {
  const bins = candidates.map(({ box }) => rint(Math.log2(Math.max(sizeOf(box), 1)) * BINS));
  const share = (a, b) => Math.exp(-(((a - b) / (BINS * parameters.octaves)) ** 2) / 2);
  return (values) =>
    bins.map((bin) => bins.reduce((sum, other, k) => sum + share(bin, other) * values[k], 0));
}

/** How often the classifier agrees where the others do. */
function trustOf(candidates, agreed, classified, isDigit, parameters) {
  let [right, count] = [0, 0];
  candidates.forEach(({ recogniser }, i) => {
    if (!agreed[i]) return;
    count++;
    if (classified[i][argmax(recogniser)] * isDigit[i] > AGREED) right++;
  });
  const { classifier_patience: patience, classifier_prior: prior, min_trust: least } = parameters;
  return Math.max((right + patience * prior) / (count + patience), least);
}

function logOdds(probability) {
  const kept = clip(probability, 1e-9, 1 - 1e-9);
  return clip(Math.log(kept / (1 - kept)), -LIMIT, LIMIT);
}
