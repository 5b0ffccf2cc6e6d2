/** The three networks on onnxruntime-web, as `digits.model`'s classifier, detector, recogniser. */

import * as ort from "./ort/ort.wasm.min.mjs";
import { clip, largest, nms } from "./geometry.js";
import { warpFloats } from "./pixels/warp.js";
import { constants, networks } from "./reader.js";

const { SURE, WORTH, BATCH, TILE, CLASSES } = constants["model.classifier"];
const { TURN, STRETCH, SLANT } = constants["model.tta"];
const { BOX_UNIT, DETECTOR_STRIDE, DETECTOR_MAPS } = constants["model.spec"];
const { LINE_HEIGHT, LINE_SIZE_MULTIPLE, LINE_STRIDE, TOKENS, CHANNELS } = constants["model.spec"];
const { fround } = Math;

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL("ort/", import.meta.url).href;
ort.env.logLevel = "error";

const sessions = new Map();

/** The bytes of a network's file. */
export async function bytesOf(kind) {
  const answer = await fetch(new URL(networks[kind].file, import.meta.url));
  if (!answer.ok) throw new Error(`the ${kind} is missing (${answer.status}); export the page again`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** A network is fetched and opened when it is first asked. */
function sessionOf(kind) {
  if (!sessions.has(kind))
    sessions.set(kind, bytesOf(kind).then(openBytes));
  return sessions.get(kind);
}

export const openBytes = (bytes) => ort.InferenceSession.create(bytes);

/** All outputs { data, dims } by name; inputs: by name, [floats, shape]. */
export function runOn(session, inputs) {
  const tensors = Object.entries(inputs).map(([name, given]) => [name, new ort.Tensor("float32", ...given)]);
  return session.run(Object.fromEntries(tensors));
}

async function run(kind, input, output, data, shape) {
  const results = await runOn(await sessionOf(kind), { [input]: [data, shape] });
  return results[output].data;
}

/** Open all networks. */
export async function openNetworks() {
  await Promise.all(Object.keys(networks).map(sessionOf));
}

// ---- classifier -------------------------------------------------------------------------------

/** Probabilities and isDigit of tiles, each a list of 784 bytes or floats in [0, 1].
 *
 * With test-time augmentation, those of a doubtful tile come from the mean logits of its views.
 */
export async function classify(tiles, augment = true) {
  const units = tiles.map(unit);
  const logits = await logitsOf(units);
  const probabilities = logits.map(softmax);
  const isDigit = logits.map(isDigitOf);
  if (augment)
    for (let i = 0; i < tiles.length; i++)
      if (largest(probabilities[i]) < SURE && isDigit[i] > WORTH)
        probabilities[i] = softmax(await meanLogits(units[i]));
  return { probabilities, isDigit };
}

function unit(tile) {
  const scale = tile instanceof Uint8Array ? 255 : 1;
  return Float32Array.from(tile, (level) => level / scale);
}

/** The logits of tiles, each 784 floats in [0, 1]. */
export async function logitsOf(units) {
  const found = [];
  for (let start = 0; start < units.length; start += BATCH) {
    const some = units.slice(start, start + BATCH);
    const data = new Float32Array(some.length * TILE * TILE);
    some.forEach((tile, index) => data.set(tile, index * TILE * TILE));
    const logits = await run("classifier", "tiles", "logits", data, [some.length, TILE, TILE]);
    for (let i = 0; i < some.length; i++) found.push(logits.slice(i * CLASSES, (i + 1) * CLASSES));
  }
  return found;
}

function softmax(logits) {
  const { temperature } = networks.classifier.calibration;
  const scaled = logits.map((logit) => logit / fround(temperature));
  const top = largest(scaled);
  const raised = scaled.map((value) => Math.exp(value - top));
  const total = fround(raised.reduce((sum, value) => fround(sum + value), 0));
  return raised.map((value) => value / total);
}

function isDigitOf(logits) {
  const { digit_energy: centre, digit_scale: width } = networks.classifier.calibration;
  const top = largest(logits);
  const energy = top + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
  return fround(1 / (1 + Math.exp(-clip((energy - centre) / width, -60, 60))));
}

async function meanLogits(tile) {
  const source = { width: TILE, height: TILE, channels: 1, data: tile };
  const views = viewMaps().map((map) => warpFloats(source, map, TILE, TILE).data);
  const logits = await logitsOf([tile, ...views]);
  const sum = (digit) => logits.reduce((total, each) => total + each[digit], 0);
  return Float32Array.from({ length: CLASSES }, (_, digit) => sum(digit) / logits.length);
}

/** Affine maps about the middle of a tile: turned, stretched, slanted, shifted. */
function viewMaps() {
  const turn = (TURN * Math.PI) / 180;
  const turns = [-turn, turn].map((a) => [Math.cos(a), -Math.sin(a), Math.sin(a), Math.cos(a)]);
  const stretches = [1 / STRETCH, STRETCH];
  const about = [
    ...turns,
    ...stretches.map((by) => [1, 0, 0, by]),
    ...stretches.map((by) => [by, 0, 0, 1]),
    ...[-SLANT, SLANT].map((by) => [1, by, 0, 1]),
  ];
  const middle = (TILE - 1) / 2;
  const shifts = [[-1, 0], [1, 0], [0, -1], [0, 1]];
  return [
    ...about.map(([a, b, c, d]) => [a, b, middle * (1 - a - b), c, d, middle * (1 - c - d)]),
    ...shifts.map(([x, y]) => [1, 0, x, 0, 1, y]),
  ];
}

// ---- detector ---------------------------------------------------------------------------------

export const scoreThreshold = () => networks.detector.calibration.score_threshold;

/** What the detector predicts for every fourth pixel: { width, height, channels: 14, data }.
 *
 * page: normalised local contrast, its sides multiples of DETECTOR_SIZE_MULTIPLE. width, height: of
 * the picture without what was added to it.
 */
export async function detectorMaps(page, width, height) {
  const data = await run("detector", "page", "maps", page.data, [1, page.height, page.width, CHANNELS]);
  const [columns, rows] = [Math.ceil(width / DETECTOR_STRIDE), Math.ceil(height / DETECTOR_STRIDE)];
  const wide = page.width / DETECTOR_STRIDE;
  const maps = new Float32Array(columns * rows * DETECTOR_MAPS);
  for (let y = 0; y < rows; y++) {
    const start = y * wide * DETECTOR_MAPS;
    maps.set(data.subarray(start, start + columns * DETECTOR_MAPS), y * columns * DETECTOR_MAPS);
  }
  return { width: columns, height: rows, channels: DETECTOR_MAPS, data: maps };
}

/** The logits of the digits in a cell of detector maps. */
export function cellLogits(maps, row, column) {
  const start = (row * maps.width + column) * DETECTOR_MAPS;
  return maps.data.subarray(start, start + CLASSES);
}

/** The box of a digit with its centre in a cell of detector maps. */
export function boxAt(maps, row, column) {
  const start = (row * maps.width + column) * DETECTOR_MAPS + CLASSES;
  const side = (k) => fround(fround(Math.exp(clip(maps.data[start + k], -4, 4))) * BOX_UNIT);
  const [left, top, right, bottom] = [0, 1, 2, 3].map(side);
  const [x, y] = [(column + 0.5) * DETECTOR_STRIDE - left, (row + 0.5) * DETECTOR_STRIDE - top];
  return [fround(x), fround(y), fround(left + right), fround(top + bottom)];
}

/** Local maxima of detector maps from a logit on, after non-maximum suppression: a list of
 * { box, logits }, the likeliest first. */
export function decode(maps, threshold) {
  const { width, height } = maps;
  const best = new Float32Array(width * height);
  for (let i = 0; i < best.length; i++)
    best[i] = largest(maps.data.subarray(i * DETECTOR_MAPS, i * DETECTOR_MAPS + CLASSES));
  const found = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (best[y * width + x] >= threshold && isMaximum(best, width, height, x, y))
        found.push({ box: boxAt(maps, y, x), logits: cellLogits(maps, y, x) });
  return suppress(found);
}

function isMaximum(values, width, height, x, y) {
  for (let j = Math.max(y - 1, 0); j <= Math.min(y + 1, height - 1); j++)
    for (let i = Math.max(x - 1, 0); i <= Math.min(x + 1, width - 1); i++)
      if (values[j * width + i] > values[y * width + x]) return false;
  return true;
}

export const scoreOf = (detection) => largest(detection.logits);

/** Non-maximum suppression, the likeliest first. */
export function suppress(detections) {
  const kept = nms(detections.map((each) => each.box), detections.map(scoreOf));
  return kept.map((index) => detections[index]);
}

// ---- recogniser -------------------------------------------------------------------------------

/** For each line crop (normalised local contrast) the probabilities of every token in every frame,
 * a list of frames each. Crops of one width share a run. */
export async function recogniserFrames(lines) {
  const found = new Array(lines.length);
  const order = lines.map((_, index) => index).sort((a, b) => lines[a].width - lines[b].width || a - b);
  const size = constants["model.recogniser"].BATCH;
  for (let start = 0; start < order.length; start += size) {
    const batch = order.slice(start, start + size);
    const widest = lines[batch.at(-1)].width;
    const width = Math.ceil(widest / LINE_SIZE_MULTIPLE) * LINE_SIZE_MULTIPLE;
    const data = new Float32Array(batch.length * LINE_HEIGHT * width * CHANNELS);
    batch.forEach((index, place) => {
      const { width: own, data: values } = lines[index];
      for (let y = 0; y < LINE_HEIGHT; y++)
        data.set(
          values.subarray(y * own * CHANNELS, (y + 1) * own * CHANNELS),
          (place * LINE_HEIGHT + y) * width * CHANNELS,
        );
    });
    const shape = [batch.length, LINE_HEIGHT, width, CHANNELS];
    const logits = await run("recogniser", "lines", "logits", data, shape);
    const frames = width / LINE_STRIDE;
    batch.forEach((index, place) => {
      const count = Math.ceil(lines[index].width / LINE_STRIDE);
      found[index] = Array.from({ length: count }, (_, t) => {
        const at = (place * frames + t) * TOKENS;
        return tokenProbabilities(logits.subarray(at, at + TOKENS));
      });
    });
  }
  return found;
}

function tokenProbabilities(logits) {
  const { temperature } = networks.recogniser.calibration;
  const scaled = Float64Array.from(logits, (logit) => logit / temperature);
  const top = largest(scaled);
  const raised = scaled.map((value) => Math.exp(value - top));
  const total = raised.reduce((sum, value) => sum + value, 0);
  return raised.map((value) => value / total);
}

