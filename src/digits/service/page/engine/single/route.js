/** A picture of exactly one digit → that digit, as `digits.reading.single.route`. */

import { argmax, byFalling, largest } from "../geometry.js";
import { normaliseTile } from "../inputs.js";
import { classify } from "../networks.js";
import { detectOn } from "../page/detect.js";
import { withPaperAround } from "../page/greyscale.js";
import { cropped, inverted, rint } from "../pixels/image.js";
import { constants, parameters } from "../reader.js";
import { agreement, answerScores, placeScores } from "./choose.js";
import { findClear } from "./clear.js";
import { findCandidates, findComponents, isOne } from "./components.js";
import { findInks } from "./ink.js";

const { SURE, GRID, DETECTED, JUDGED, COARSE, CLASSES, TILE } = constants["reading.single.route"];
const { fround } = Math;

/** The digit of a picture of three colours; always answers with one. */
export async function readDigit(picture) {
  const digit = await readClear(picture);
  if (digit) return digit;
  const view = await lookCloser(picture);
  if (!view.candidates.length) return noDigit(view.window);
  const tiles = view.candidates.map(({ candidate }) => normaliseTile(candidate.ink));
  const { probabilities, isDigit } = await classify(tiles);
  return chosen(view, tiles, probabilities, isDigit);
}

/** The digit of a picture whose ink is plain, if the classifier is sure of it. */
async function readClear(picture) {
  const clear = findClear(picture);
  if (!clear) return null;
  const found = await classify([clear.tile], false);
  const [[probabilities], [isDigit]] = [found.probabilities, found.isDigit];
  const digit = argmax(probabilities);
  if (isDigit * probabilities[digit] < SURE) return null;
  const there = adjustPrior(isDigit, parameters.single.prior);
  const confidence = there * probabilities[digit];
  return { digit, confidence, probabilities, isDigit: there, ...clear };
}

/** What a picture shows or, where the digit seems small in it, what its surroundings show. */
async function lookCloser(picture) {
  const { width, height } = picture;
  const whole = await look(picture, [0, 0, width, height]);
  const likeliest = whole.candidates[0]?.candidate;
  if (!likeliest || likeliest.source.scale === 1) return whole;
  if (Math.max(likeliest.box[2], likeliest.box[3]) >= COARSE) return whole;
  const [x, y, wide, high] = boxOn(whole, likeliest);
  const reach = Math.max(wide, high);
  const [left, top] = [Math.max(x - reach, 0), Math.max(y - reach, 0)];
  const right = Math.min(x + wide + reach, width);
  const bottom = Math.min(y + high + reach, height);
  const closer = await look(picture, [left, top, right - left, bottom - top]);
  return closer.candidates.length ? closer : whole;
}

/** What a window of a picture shows: the likeliest candidates first, with scores. */
async function look(picture, window) {
  const found = [];
  for (const ink of findInks(cropped(picture, ...window), GRID)) {
    const layers = findComponents(ink);
    // ink that hangs together at every threshold needs no detector to tell what belongs together
    const detections = layers.every(isOne) ? [] : await detectInk(ink);
    const some = findCandidates(layers, detections.map((each) => each.box));
    if (!some.length) continue;
    const agreed = agreement(some.map((each) => each.box), detections);
    const place = placeScores(some, agreed);
    some.forEach((candidate, i) => found.push({ candidate, agreed: agreed[i], place: place[i] }));
  }
  const best = byFalling(found.map((each) => each.place)).slice(0, JUDGED);
  return { candidates: best.map((index) => found[index]), window };
}

/** Detections on the grid of an ink. */
async function detectInk(ink) {
  const { picture, margin } = withPaperAround(inverted(ink.level));
  const detections = await detectOn(picture, DETECTED);
  return detections.map(({ box, logits }) => ({
    box: [fround(box[0] - margin), fround(box[1] - margin), box[2], box[3]],
    logits,
  }));
}

/** The likeliest digit, and the candidate that speaks for it most. */
function chosen(view, tiles, probabilities, isDigit) {
  const scores = view.candidates.map(({ place, agreed }, i) =>
    answerScores(probabilities[i], isDigit[i], agreed).map((answer) => place + answer),
  );
  const top = largest(scores.map((row) => largest(row)));
  const raised = scores.map((row) => row.map((score) => Math.exp(score - top)));
  const total = raised.flat().reduce((sum, each) => sum + each, 0);
  const shares = raised.map((row) => row.map((each) => each / total));
  const weights = shares.map((row) => row.reduce((sum, each) => sum + each, 0));
  const ofDigits = Float32Array.from({ length: CLASSES }, (_, digit) =>
    weights.reduce((sum, weight, i) => sum + weight * probabilities[i][digit], 0),
  );
  const digit = argmax(ofDigits);
  const index = argmax(shares.map((row) => row[digit]));
  const there = adjustPrior(isDigit[index], parameters.single.prior);
  return {
    digit,
    confidence: there * ofDigits[digit],
    probabilities: ofDigits,
    box: boxOn(view, view.candidates[index].candidate),
    isDigit: there,
    tile: tiles[index],
  };
}

/** The probability of a digit where `prior` of all pictures show one, not half as in training. */
function adjustPrior(isDigit, prior) {
  const [there, none] = [isDigit * prior, (1 - isDigit) * (1 - prior)];
  return there / (there + none);
}

/** The box of a candidate in pixels of the picture. */
function boxOn({ window }, { box, source }) {
  const [left, top] = [rint(box[0] * source.scale), rint(box[1] * source.scale)];
  const right = rint((box[0] + box[2]) * source.scale);
  const bottom = rint((box[1] + box[3]) * source.scale);
  return [window[0] + left, window[1] + top, right - left, bottom - top];
}

function noDigit(window) {
  const probabilities = new Float32Array(CLASSES).fill(1 / CLASSES);
  return { digit: 0, confidence: 0, probabilities, box: window, isDigit: 0, tile: new Uint8Array(TILE * TILE) };
}
