/** Digits, numbers and readings, as `digits.io.number`, `digits.io.result` and `digits.io.value`. */

import { argmax } from "./geometry.js";
import { constants, reader } from "./reader.js";

const { ALTERNATIVES, MARKED } = constants["io.number"];
const { SCHEMA } = constants["io.result"];
const { TILE } = constants["model.spec"];

/** The digit with the highest of ten probabilities, given that there is one. */
export function digitOf(probabilities, isDigit, box, tile) {
  const digit = argmax(probabilities);
  return { digit, confidence: probabilities[digit] * isDigit, probabilities, isDigit, box, tile };
}

/** Digits that stand together, as one number { text, confidence, box, digits, alternatives }.
 *
 * marks: between each two of them a decimal mark and the probability that it is there. minus: one
 * before them, or undefined. Alternatives have other digits, and other marks or none.
 */
export function numberOf(digits, confidence, marks = [], minus = undefined) {
  const markChoices = marks.map(choicesOfMark);
  const places = [...digits.map(choicesOfDigit), ...markChoices];
  let whole = confidence * (minus ? minus.probability : 1);
  for (const [[, probability]] of markChoices) whole *= probability;
  const sign = minus ? "-" : "";
  const alternatives = likeliest(places, ALTERNATIVES).map(([parts, ratio]) => ({
    text: sign + interleaved(parts, digits.length),
    confidence: whole * ratio,
  }));
  return {
    text: alternatives[0].text,
    confidence: whole,
    box: around([...digits, ...(minus ? [minus] : [])].map(({ box }) => box)),
    digits,
    alternatives,
  };
}

function choicesOfDigit({ probabilities }) {
  const choices = Array.from(probabilities, (each, digit) => [String(digit), each]);
  return choices.sort((one, other) => other[1] - one[1]);
}

function choicesOfMark({ mark, probability }) {
  const none = ["", 1 - probability];
  if (probability >= MARKED) return [[mark, probability], none];
  return probability > 0 ? [none, [mark, probability]] : [none];
}

/** The likeliest ways to take one choice a place, as `digits.io.alternatives`. */
function likeliest(places, count) {
  const found = [];
  const ways = [{ ratio: 1, way: places.map(() => 0), last: 0 }];
  while (ways.length && found.length < count) {
    const { ratio, way, last } = ways.splice(argmax(ways.map((each) => each.ratio)), 1)[0];
    found.push([way.map((k, place) => places[place][k][0]), ratio]);
    for (let place = last; place < places.length; place++) {
      const [now, next] = places[place].slice(way[place]);
      if (!next || !(now[1] > 0)) continue;
      ways.push({ ratio: (ratio * next[1]) / now[1], way: way.with(place, way[place] + 1), last: place });
    }
  }
  return found;
}

/** The text of so many digits, and the marks behind them, each between two digits. */
function interleaved(parts, count) {
  return parts.slice(0, count).map((digit, k) => digit + (parts[count + k] ?? "")).join("");
}

function around(boxes) {
  const [left, top] = [0, 1].map((k) => Math.min(...boxes.map((box) => box[k])));
  const [right, bottom] = [0, 1].map((k) => Math.max(...boxes.map((box) => box[k] + box[k + 2])));
  return [left, top, right - left, bottom - top];
}

/** The text of a number with "?" for each digit that is less sure; signs stay. */
export function masked({ text, digits }, minConfidence) {
  let next = 0;
  return text.replace(/[0-9]/g, (each) => (digits[next++].confidence >= minConfidence ? each : "?"));
}

const PLAIN = /^(?<sign>[-+]?)(?=.*[0-9])(?<whole>[0-9]*)(?:[.,](?<part>[0-9]*))?$/;
const GROUPED =
  /^(?<sign>[-+]?)(?<whole>[1-9][0-9]{0,2}(?<mark>[.,])[0-9]{3}(?:\k<mark>[0-9]{3})*)(?:(?!\k<mark>)[.,](?<part>[0-9]*))?$/;

/** The value of a number as written, exact, as text; null if it is ambiguous or no one number. */
export function valueOf(text) {
  const readings = [PLAIN, GROUPED].map((form) => form.exec(text)).filter(Boolean);
  if (readings.length !== 1) return null;
  const { sign, whole, part } = readings[0].groups;
  const digits = whole.replace(/[.,]/g, "").replace(/^0+(?=[0-9])/, "") || "0";
  return `${sign === "-" ? "-" : ""}${digits}${part ? `.${part}` : ""}`;
}

const NO_TEXT = { text: "", confidence: 0 };

const textJson = ({ text, confidence }) => ({ text, confidence: rounded(confidence) });

const rounded = (value) => Number(value.toFixed(6));

function digitJson({ digit, confidence, probabilities, isDigit, box, tile }) {
  return {
    digit,
    confidence: rounded(confidence),
    probabilities: Array.from(probabilities, rounded),
    is_digit: rounded(isDigit),
    box,
    tile: Array.from({ length: TILE }, (_, y) => Array.from(tile.subarray(y * TILE, (y + 1) * TILE))),
  };
}

/** What `digits read --json` prints for a picture, and the tile of each digit. */
export function readingJson(found, { width, height }, name) {
  return {
    picture: name,
    page: 1,
    width,
    height,
    orientation: found.orientation,
    text: found.text,
    transcript: found.transcript,
    numbers: found.numbers.map(({ text, confidence, box, alternatives, digits }) => ({
      text,
      value: valueOf(text),
      confidence: rounded(confidence),
      box,
      runner_up: textJson(alternatives.find((each) => each.text !== text) ?? NO_TEXT),
      alternatives: alternatives.map(textJson),
      digits: digits.map(digitJson),
      is_expected: null,
    })),
    signs: found.signs.map(({ text, confidence, box }) => ({ text, confidence: rounded(confidence), box })),
    tables: [], // only Python looks for them
    rejected: found.rejected,
    model: reader.name,
    fingerprint: reader.fingerprint,
    schema: SCHEMA,
  };
}
