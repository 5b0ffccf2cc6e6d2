/** A picture of numbers → the numbers on it, as `Reader.read` of `digits.reading.reader`. */

import { rotated } from "../pixels/image.js";
import { parameters } from "../reader.js";
import { accept } from "./accept.js";
import { detect } from "./detect.js";
import { fuse } from "./fuse.js";
import { prepare, within } from "./greyscale.js";
import { groupNumbers, readingOrder, signsByRow, textOf, transcriptOf } from "./numbers.js";
import { rotatedBack, upright } from "./orientation.js";
import { recognise } from "./recognise.js";
import { cropLines } from "./textline.js";

/** What is read in a picture of three colours. orientation: degrees, or null to see it. */
export async function readPage(colours, { minConfidence, orientation }) {
  const { picture: grey, margin } = prepare(colours);
  const [degrees, page] =
    orientation === null
      ? await upright(grey, readUpright, parameters.orientation)
      : [orientation, await readUpright(rotated(grey, orientation))];
  const rows = readingOrder(page.numbers);
  const signs = signsByRow(rows, page.signs);
  const back = (each) => ({ ...each, box: within(rotatedBack(each.box, degrees, grey), margin, colours) });
  const moved = (number) => ({ ...back(number), digits: number.digits.map(back) });
  return {
    orientation: degrees,
    text: textOf(rows, minConfidence),
    transcript: transcriptOf(rows, signs, minConfidence),
    numbers: rows.flat().map(moved),
    signs: signs.flat().map(back),
    rejected: page.rejected.map(back),
  };
}

/** A grey picture as it stands → the numbers on it. */
async function readUpright(grey) {
  const { levels, detections } = await detect(grey, parameters.detect);
  const lines = cropLines(grey, detections, parameters.textline);
  const recognised = await recognise(lines, levels, parameters.recognise);
  const fused = await fuse(recognised.candidates, parameters.fuse);
  const accepted = accept(recognised.candidates, fused, grey, parameters.accept);
  return groupNumbers(accepted, recognised, parameters.textline, parameters.numbers);
}
