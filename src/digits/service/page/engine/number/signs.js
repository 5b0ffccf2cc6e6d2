/** The digits of a number → the text as it is written, as `digits.reading.number.signs`. */

import { argmax, largest } from "../geometry.js";
import { constants } from "../reader.js";

const { EVEN, MARKS, SIGN_TOKENS, SIGNS } = constants["reading.number.signs"];

/** { text, probability, other, odds }: the digits of a text with its minus and marks. */
export function withSigns(text, frames, segments) {
  const found = text.map((_, place) => signBefore(place, frames, segments));
  const written = found.map(([sign, there]) => (there >= EVEN ? sign : ""));
  const doubt = found.map(([, there]) => Math.min(there, 1 - there));
  const place = argmax(doubt);
  const other = [...written];
  other[place] = written[place] ? "" : found[place][0];
  const joined = (signs) => text.map((digit, k) => `${signs[k]}${digit}`).join("");
  return {
    text: joined(written),
    probability: doubt.reduce((product, each) => product * (1 - each), 1),
    other: joined(other),
    odds: doubt[place] / (1 - doubt[place]),
  };
}

/** The likeliest sign before a digit, and the probability that there is one. */
function signBefore(place, frames, segments) {
  const highest = (sign, start, end) => {
    const token = SIGN_TOKENS[0] + [...SIGNS].indexOf(sign);
    return largest(frames.slice(start, end).map((frame) => frame[token]), 0);
  };
  const [first] = segments[place];
  if (place === 0) {
    const behind = highest("-", segments.at(-1)[1], undefined); // on both sides: fences an amount
    return ["-", highest("-", 0, first) * (1 - behind)];
  }
  const chances = MARKS.map((mark) => highest(mark, segments[place - 1][1], first));
  return [MARKS[argmax(chances)], Math.min(chances.reduce((sum, each) => sum + each, 0), 1)];
}
