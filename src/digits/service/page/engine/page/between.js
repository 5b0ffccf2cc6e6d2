/** What separates two digits of a line, as `digits.reading.page.between`. */

import { argmax, clip, largest, sizeOf } from "../geometry.js";
import { constants } from "../reader.js";

const { MARKS, MARKED, BOUNDARY, LETTER, LINE_STRIDE, SIGN_TOKENS, SIGNS } =
  constants["reading.page.between"];
const signs = [...SIGNS];

/** What was read after each candidate of a run but the last: { mark, probability, end }. */
export function between(run, frames) {
  return run.slice(1).map((next, k) => {
    const own = run[k];
    if (own.line !== next.line) return { mark: MARKS[0], probability: 0, end: 0 };
    const frame = ({ column }) => Math.trunc(Math.floor(column / LINE_STRIDE));
    return readBetween(frames[own.line].slice(frame(own), frame(next) + 1));
  });
}

function readBetween(frames) {
  const marks = [...MARKS].map((mark) => {
    const token = SIGN_TOKENS[0] + signs.indexOf(mark);
    return largest(frames.map((frame) => frame[token]), 0);
  });
  const ends = frames.map((frame) => {
    const others = signs.map((sign, k) => (MARKS.includes(sign) ? 0 : frame[SIGN_TOKENS[0] + k]));
    return others.reduce((sum, each) => sum + each, frame[BOUNDARY] + frame[LETTER]);
  });
  return { mark: MARKS[argmax(marks)], probability: largest(marks), end: largest(ends, 0) };
}

export const isMarked = ({ probability }) => probability >= MARKED;

/** The probability that a number ends between each box and the next, by the gap alone. */
export function endsByGap(boxes, read, parameters) {
  return read.map((each, k) => {
    const usual = isMarked(each) ? parameters.marked_gap : parameters.gap;
    const [own, next] = [boxes[k], boxes[k + 1]];
    const gap = (next[0] - own[0] - own[2]) / Math.max(sizeOf(own), sizeOf(next));
    return 1 / (1 + Math.exp(clip(-parameters.steepness * (gap - usual), -60, 60)));
  });
}
