/** Digits, numbers and readings, as `digits.io.result` and `digits.io.value`. */

import { argmax } from "./geometry.js";
import { constants, reader } from "./reader.js";

const { MARKED, SCHEMA } = constants["io.result"];
const { TILE } = constants["model.spec"];

/** The digit with the highest of ten probabilities, given that there is one. */
export function digitOf(probabilities, isDigit, box, tile) {
  const digit = argmax(probabilities);
  return { digit, confidence: probabilities[digit] * isDigit, probabilities, isDigit, box, tile };
}

/** Digits that stand together, as one number { text, confidence, box, digits, runnerUp }.
 *
 * marks: between each two of them a decimal mark and the probability that it is there. minus: one
 * before them, or undefined. The runner-up changes what is closest to its second choice.
 */
export function numberOf(digits, confidence, marks = [], minus = undefined) {
  const first = digits.map(({ digit }) => String(digit));
  const second = digits.map(({ probabilities }) => String(secondBest(probabilities)));
  const odds = digits.map(({ probabilities }) => {
    const [high, low] = [...probabilities].sort((a, b) => b - a);
    return low / Math.max(high, 1e-9);
  });
  let whole = confidence * (minus ? minus.probability : 1);
  for (const { mark, probability } of marks) {
    const isThere = probability >= MARKED;
    first.push(isThere ? mark : "");
    second.push(isThere ? "" : mark);
    const [own, other] = isThere ? [probability, 1 - probability] : [1 - probability, probability];
    odds.push(other / own);
    whole *= own;
  }
  const weakest = argmax(odds);
  const changed = first.map((each, k) => (k === weakest ? second[k] : each));
  const sign = minus ? "-" : "";
  return {
    text: sign + interleaved(first, digits.length),
    confidence: whole,
    box: around([...digits, ...(minus ? [minus] : [])].map(({ box }) => box)),
    digits,
    runnerUp: { text: sign + interleaved(changed, digits.length), confidence: whole * odds[weakest] },
  };
}

function secondBest(probabilities) {
  const best = argmax(probabilities);
  return argmax(Array.from(probabilities, (each, digit) => (digit === best ? -1 : each)));
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
    numbers: found.numbers.map(({ text, confidence, box, runnerUp, digits }) => ({
      text,
      value: valueOf(text),
      confidence: rounded(confidence),
      box,
      runner_up: { text: runnerUp.text, confidence: rounded(runnerUp.confidence) },
      digits: digits.map(digitJson),
    })),
    signs: found.signs.map(({ text, confidence, box }) => ({ text, confidence: rounded(confidence), box })),
    rejected: found.rejected,
    model: reader.name,
    fingerprint: reader.fingerprint,
    schema: SCHEMA,
  };
}
