/** Runs beside the page, so that it never waits: messages { id, task, given } → { id, answer | error }. */

import { layersOf } from "./layers.js";
import { classify, openNetworks } from "./networks.js";
import { readNumber } from "./number/route.js";
import { readPage } from "./page/route.js";
import { openPicture } from "./picture.js";
import { masked, numberOf, readingJson } from "./result.js";
import { readDigit } from "./single/route.js";

const tasks = {
  open: openNetworks,

  async read({ picture: given, single, number, minConfidence = 0, orientation = null, name = "picture" }) {
    const begin = performance.now();
    const picture = await openPicture(given);
    const options = { minConfidence, orientation };
    const route = single ? readOneDigit : number ? readOneNumber : readPage;
    const found = await route(picture, options);
    const milliseconds = Math.round(performance.now() - begin);
    return { ...readingJson(found, picture, name), milliseconds };
  },

  async classify({ tiles }) {
    const { probabilities, isDigit } = await classify(tiles.map(bytesOf));
    return { probabilities: probabilities.map((row) => Array.from(row)), is_digit: isDigit };
  },

  layers: ({ tile }) => layersOf(bytesOf(tile)),
};

/** 28 rows of 28 levels, or 784 levels, as 784 bytes. */
const bytesOf = (tile) => Uint8Array.from(tile.flat ? tile.flat() : tile);

async function readOneDigit(picture, { minConfidence }) {
  const digit = await readDigit(picture);
  return readingOf([numberOf([digit], digit.confidence)], minConfidence);
}

async function readOneNumber(picture, { minConfidence }) {
  const number = await readNumber(picture);
  return readingOf(number ? [number] : [], minConfidence);
}

function readingOf(numbers, minConfidence) {
  const text = numbers.map((number) => masked(number, minConfidence)).join(" ");
  return { orientation: 0, text, transcript: text, numbers, signs: [], rejected: [] };
}

const forgotten = new Set();
let last = Promise.resolve(); // one after the other: a network runs one picture at a time

onmessage = ({ data: { id, task, given } }) => {
  if (task === "forget") return forgotten.add(id);
  last = last.then(async () => {
    if (forgotten.delete(id)) return;
    try {
      postMessage({ id, answer: await tasks[task](given) });
    } catch (error) {
      postMessage({ id, error: error.message });
    }
  });
};
postMessage({});
