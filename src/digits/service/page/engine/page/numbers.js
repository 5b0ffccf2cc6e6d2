/** Digits of a page → numbers, rows and their order, as `digits.reading.page.numbers`. */

import { argmax } from "../geometry.js";
import { masked, numberOf } from "../result.js";
import { constants } from "../reader.js";
import { between, endsByGap } from "./between.js";
import { loneSigns, minusBefore, whole } from "./signs.js";
import { sideBySide } from "./textline.js";

const { SAME_ROW, EARLIER, MARKS } = constants["reading.page.numbers"];

/** { numbers, rejected, signs }: digits that stand side by side and that nothing separates are one
 * number. */
export function groupNumbers(accepted, recognised, textline, parameters) {
  const numbers = [];
  let rest = recognised.signs;
  const { candidates } = accepted;
  for (const run of sideBySide(candidates.map(({ box }) => box), textline)) {
    const part = run.map((index) => candidates[index]);
    const read = between(part, recognised.frames);
    for (const { group, whole: isWhole } of split(part, read, parameters)) {
      const minus = minusBefore(candidates, part[group[0]], rest, parameters);
      rest = rest.filter((sign) => sign !== minus && !isWithin(sign, part, group));
      const digits = group.map((index) => accepted.digits[run[index]]);
      const marks = group.slice(0, -1).map((k) => read[k]);
      const confidence = digits.reduce((product, digit) => product * digit.confidence, isWhole);
      const own = minus && { box: whole(minus.box), probability: minus.probability };
      numbers.push(numberOf(digits, confidence, marks, own));
    }
  }
  const signs = loneSigns(rest, candidates, textline.max_gap);
  return { numbers, rejected: accepted.rejected, signs };
}

/** Whether a decimal mark stands between two digits of a number. */
function isWithin(sign, run, group) {
  const [first, last] = [run[group[0]], run[group.at(-1)]];
  const isBetween = first.column < sign.column && sign.column < last.column;
  return MARKS.includes(sign.text) && sign.line === first.line && isBetween;
}

/** The numbers of a run: the places of each one's digits, and the probability that it is whole. */
function split(run, read, parameters) {
  const byGap = endsByGap(run.map(({ box }) => box), read, parameters);
  const groups = [{ group: [0], whole: 1 }];
  read.forEach((each, k) => {
    const end = Math.max(each.end, byGap[k]);
    const last = groups.at(-1);
    if (end > parameters.boundary) groups.push({ group: [k + 1], whole: 1 });
    else Object.assign(last, { group: [...last.group, k + 1], whole: last.whole * (1 - end) });
  });
  return groups;
}

/** Numbers as rows from top to bottom, each from left to right. */
export function readingOrder(numbers) {
  const order = numbers.map((_, i) => i).sort((a, b) => numbers[a].box[0] - numbers[b].box[0] || a - b);
  const rows = [];
  for (const index of order) {
    const number = numbers[index];
    const scores = rows.map((row) => {
      const shared = row.map((earlier) => overlap(earlier.digits.at(-1).box, number.digits[0].box));
      return Math.max(...shared.map((each) => EARLIER * each), shared.at(-1));
    });
    const best = argmax([...scores, SAME_ROW]);
    if (best === rows.length) rows.push([]);
    rows[best].push(number);
  }
  const height = (row) => row.reduce((sum, { box }) => sum + box[1] + box[3] / 2, 0) / row.length;
  return rows.map((row) => [height(row), row]).sort((a, b) => a[0] - b[0]).map(([, row]) => row);
}

/** By which fraction of the lower one two boxes overlap vertically. */
function overlap(last, first) {
  const bottom = Math.min(last[1] + last[3], first[1] + first[3]);
  return (bottom - Math.max(last[1], first[1])) / Math.min(last[3], first[3]);
}

/** The signs of each row of numbers, from left to right: those nearest to a number of it. */
export function signsByRow(rows, signs) {
  const found = rows.map(() => []);
  for (const sign of [...signs].sort((a, b) => a.box[0] - b.box[0])) {
    const off = rows.map((row) => Math.min(...row.map(({ box }) => distance(box, sign.box))));
    found[argmax(off.map((each) => -each))].push(sign);
  }
  return found;
}

/** Between two boxes; up and down counts more than along the line. */
function distance([x, y, wide, high], other) {
  const across = Math.max(other[0] - x - wide, x - other[0] - other[2], 0);
  return across + 4 * Math.max(other[1] - y - high, y - other[1] - other[3], 0);
}

/** Numbers of a row by blanks, rows by newlines; "?" for a digit that is less sure. */
export function textOf(rows, minConfidence) {
  return rows.map((row) => row.map((number) => masked(number, minConfidence)).join(" ")).join("\n");
}

/** The same with the signs of each row where they stand in it. */
export function transcriptOf(rows, signs, minConfidence) {
  const line = (row, own) => [
    ...row.map((number) => [number.box[0], masked(number, minConfidence)]),
    ...own.map((sign) => [sign.box[0], sign.text]),
  ];
  const inOrder = (a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1);
  return rows
    .map((row, k) => line(row, signs[k]).sort(inOrder).map(([, text]) => text).join(" "))
    .join("\n");
}
