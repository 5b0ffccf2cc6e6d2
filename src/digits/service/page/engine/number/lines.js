/** A crop of one number → its line crops, as `digits.reading.number.lines`. */

import { scoreOf } from "../networks.js";
import { detect } from "../page/detect.js";
import { cropOf, groupLines, lineWithin } from "../page/textline.js";
import { constants, parameters } from "../reader.js";

const { WIDEST, LINE_DIGIT } = constants["reading.number.lines"];

/** { detected, whole, levels }: the line that the detector finds, or null, and the whole crop. */
export async function findLines(grey) {
  const own = parameters.number;
  const { levels, detections } = await look(grey);
  let detected = null;
  if (detections.length) {
    const { line, onIt } = likeliestLine(detections);
    detected = cropOf(grey, across({ ...line, size: line.size / own.digit }, grey), onIt);
  }
  const { width, height } = grey;
  const size = Math.max(own.height * height, (width * LINE_DIGIT) / WIDEST);
  const whole = { x: 0, y: height / 2, angle: 0, size, start: 0, end: width };
  return { detected, whole: cropOf(grey, whole, []), levels };
}

/** At a low resolution; or as of a page, where its digits are too small for that, or none is there. */
async function look(grey) {
  const coarse = { ...parameters.detect, longest_side: parameters.number.longest_side };
  const found = await detect(grey, coarse);
  if (found.detections.length) {
    const { line } = likeliestLine(found.detections);
    const scale = Math.max(...found.levels.map((level) => level.scale));
    if (line.size * scale >= parameters.detect.small_digit) return found;
  }
  return detect(grey, parameters.detect);
}

/** The text line with most digits to be expected, and the detections on it. */
function likeliestLine(detections) {
  const expected = (index) => 1 / (1 + Math.exp(-scoreOf(detections[index])));
  let [best, most] = [null, -1];
  for (const each of groupLines(detections, parameters.textline)) {
    const sum = each.group.reduce((total, index) => total + expected(index), 0);
    if (sum > most) [best, most] = [each, sum];
  }
  return { line: best.line, onIt: best.group.map((index) => detections[index]) };
}

/** The line from side to side of its crop, as far as a line crop may reach. */
function across(line, grey) {
  const half = (WIDEST * line.size) / LINE_DIGIT / 2;
  const reach = Math.min(half, grey.width + grey.height);
  const middle = (line.start + line.end) / 2;
  return lineWithin({ ...line, start: middle - reach, end: middle + reach }, grey);
}
