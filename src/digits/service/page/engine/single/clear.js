/** Clean ink on even ground, cut out at once, as `digits.reading.single.clear`. */

import { clip } from "../geometry.js";
import { normaliseTile } from "../inputs.js";
import { plainGrey } from "../page/greyscale.js";
import { above, connectedComponents, otsu } from "../pixels/components.js";
import { dilate, erode, medianBlur } from "../pixels/filters.js";
import { mapped, rint } from "../pixels/image.js";
import { resizeArea, resizeLinear } from "../pixels/resize.js";
import { bounds } from "../polarity.js";
import { constants } from "../reader.js";

const { GRID, TINY, EVEN, SOFT, FIRM, MOST, LEAST, FADE, NEAR, MOST_INK, SMALL, SOLID } =
  constants["reading.single.clear"];
const sideOf = ({ width, height }) => Math.max(width, height);

/** The one piece of ink in a picture of three colours: { tile, box }; null where that is not plain. */
export function findClear(picture) {
  const scale = Math.max(1, sideOf(picture) / GRID);
  let grey = plainGrey(picture);
  if (scale > 1) {
    const size = [grey.width, grey.height].map((side) => Math.max(1, rint(side / scale)));
    grey = resizeArea(grey, ...size);
  }
  const level = levelOf(grey) ?? (sideOf(grey) > SMALL ? levelOf(evenlyLit(grey)) : null);
  const soft = level && pieceOf(level, SOFT);
  const firm = soft && pieceOf(level, FIRM);
  if (!firm || (scale > 1 && Math.max(firm.box[2], firm.box[3]) < LEAST)) return null;
  const near = dilate(soft.mask, FADE).data;
  const tile = normaliseTile(mapped(level, Uint8Array, (value, i) => (near[i] ? value : 0)));
  const [x, y, width, height] = firm.box;
  const [left, top, right, bottom] = [x, y, x + width, y + height].map((each) => rint(each * scale));
  return { tile, box: [left, top, right - left, bottom - top] };
}

/** Grey levels as shares of the paper's light, 128 for all of it. */
function evenlyLit(grey) {
  const tiny = medianBlur(resizeArea(grey, TINY, TINY), Math.floor(TINY / 4) + 1);
  const paper = resizeLinear(tiny, grey.width, grey.height).data;
  const share = (value, light) => (light ? Math.min(rint((value * 128) / light), 255) : 0);
  return mapped(grey, Uint8Array, (value, i) => share(value, paper[i]));
}

/** 0 paper to 255 the darkest pen; null where paper is not even. */
function levelOf(grey) {
  const bright = above(grey, otsu(grey));
  const light = bright.data.reduce((sum, each) => sum + each, 0) / bright.data.length;
  const isLight = light > 0.5;
  const rare = Math.min(light, 1 - light);
  if (!(rare > 0 && rare <= MOST_INK)) return null;
  const paper = isLight ? bright : mapped(bright, Uint8Array, (each) => 1 - each);
  const inner = erode(paper, FADE).data;
  const seen = inner.includes(1) ? inner : paper.data;
  const { mean, deviation } = momentsOf(grey.data.filter((_, i) => seen[i]));
  const [darkest, lightest] = bounds(grey.data);
  const contrast = isLight ? mean - darkest : lightest - mean;
  if (contrast < SOLID * 255 || deviation > EVEN * contrast) return null;
  const gain = 255 / contrast;
  const off = (value) => (isLight ? mean - value : value - mean);
  return mapped(grey, Uint8Array, (value) => clip(off(value) * gain, 0, 255));
}

function momentsOf(values) {
  const total = values.length;
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return { mean: sum / total, deviation: Math.sqrt(Math.max(squares / total - (sum / total) ** 2, 0)) };
}

/** The only ink above a fraction of the darkest, apart from what touches a side: { mask, box }. */
function pieceOf(level, fraction) {
  const mask = above(level, Math.floor(255 * fraction));
  const { labels, boxes, areas } = connectedComponents(mask);
  if (boxes.length > MOST) return null;
  const pieces = boxes.map((_, label) => label).slice(1);
  const isInner = (label) => {
    const [x, y, width, height] = boxes[label];
    return x && y && x + width < level.width && y + height < level.height;
  };
  const isAlone = pieces.length === 1 && sideOf(level) <= SMALL;
  const inner = isAlone ? pieces : pieces.filter(isInner);
  if (inner.length !== 1) return null;
  const [label] = inner;
  const [x, y, width, height] = boxes[label];
  if (pieces.length === 1) return { mask, box: boxes[label] };
  const room = rint(NEAR * Math.max(width, height));
  const right = Math.min(x + width + room, level.width);
  const bottom = Math.min(y + height + room, level.height);
  let inked = 0;
  for (let j = Math.max(y - room, 0); j < bottom; j++)
    for (let i = Math.max(x - room, 0); i < right; i++) inked += mask.data[j * level.width + i];
  if (inked > areas[label]) return null;
  return { mask: mapped(mask, Uint8Array, (_, i) => (labels[i] === label ? 1 : 0)), box: boxes[label] };
}
