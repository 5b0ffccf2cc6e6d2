/** The probabilities of texts → the number, as `digits.reading.number.answer`. */

import { argmax, byFalling } from "../geometry.js";
import { wholeBox } from "../page/accept.js";
import { candidatesOn, columnOf } from "../page/recognise.js";
import { constants, parameters } from "../reader.js";
import { digitOf, numberOf } from "../result.js";
import { align } from "./ctc.js";
import { matched } from "./matching.js";
import { withSigns } from "./signs.js";
import { digitsAlone } from "./texts.js";

const { ALTERNATIVES, LEAST, BEHIND, DIGIT_TOKENS, CLASSES } = {
  ...constants["io.number"],
  ...constants["model.spec"],
  ...constants["reading.number.answer"],
};

/** The likeliest text as the number of a crop. found: { lines, crops, frames, texts, likelihoods,
 * probabilities }. */
export function answer(found, grey) {
  const shown = byFalling(found.probabilities).slice(0, 2).map((index) => shownText(found, index));
  shown.sort((a, b) => b.probability - a.probability); // with their signs, the second may be first
  const number = numberOf(digitsOf(found, shown[0], grey), shown[0].probability);
  return { ...number, text: shown[0].written.text, alternatives: merged(shown.flatMap(ways)) };
}

/** A text with its likeliest signs, and with the most doubtful of them the other way. */
function ways({ written: { text, other, odds }, probability }) {
  const [own, changed] = [[text, probability], [other, probability * odds]];
  return odds > 0 ? [own, changed] : [own];
}

/** The likeliest texts; one that is read in several ways has the sum of their probabilities. */
function merged(all) {
  const total = new Map();
  for (const [text, probability] of all) total.set(text, (total.get(text) ?? 0) + probability);
  const texts = Array.from(total, ([text, confidence]) => ({ text, confidence }));
  return texts.sort((a, b) => b.confidence - a.confidence).slice(0, ALTERNATIVES);
}

/** A text in the crop that shows it most surely; in the first, if that shows it at all. */
function shownText({ likelihoods, texts, frames, crops, probabilities }, index) {
  const likelihood = likelihoods.map((row) => row[index]);
  const place = likelihood[0] > parameters.number.floor ? 0 : argmax(likelihood);
  const text = texts[index];
  const tokens = text.map((digit) => digit + DIGIT_TOKENS[0]);
  const segments = align(digitsAlone(frames[place]), tokens);
  const written = withSigns(text, frames[place], segments);
  const probability = probabilities[index] * written.probability;
  return { index, crop: crops[place], frames: frames[place], segments, written, probability };
}

function digitsOf(found, shown, grey) {
  const { crop, frames, segments, index } = shown;
  const candidates = candidatesOn(0, crop, frames, segments, found.lines.levels, parameters.recognise);
  const own = segments.map((segment) => candidates.find(({ column }) => column === columnOf(segment)));
  const read = own.map(({ recogniser }) => {
    const kept = recogniser.map((each) => Math.max(each, LEAST));
    const total = kept.reduce((sum, each) => sum + each, 0);
    return kept.map((each) => each / total);
  });
  return digitProbabilities(found, index, read).map(([likely, isDigit], k) =>
    digitOf(likely, isDigit, wholeBox(own[k].box, grey), own[k].tile),
  );
}

/** At each place of a text: the probabilities of the digits, and that there is one, as the texts
 * have them; what these lack of 1 goes to the digits as they were read there. */
function digitProbabilities({ texts, probabilities }, best, read) {
  const rest = Math.max(1 - probabilities.reduce((sum, each) => sum + each, 0), 0);
  const mass = read.map((row) => row.map((each) => each * rest));
  texts.forEach((other, k) => {
    for (const [place, digit] of matched(texts[best], other)) mass[place][digit] += probabilities[k];
  });
  return mass.map((row, place) => {
    const sum = (values) => values.reduce((total, each) => total + each, 0);
    const own = row[texts[best][place]];
    const bound = row.map((each, digit) =>
      digit === texts[best][place] ? own : Math.min(each, BEHIND * own),
    );
    const total = sum(bound);
    const likely = Float32Array.from({ length: CLASSES }, (_, digit) => bound[digit] / total);
    return [likely, Math.min(sum(row), 1)];
  });
}
