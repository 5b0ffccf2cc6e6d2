/** What each layer of the classifier makes of a tile, as `digits.model.layers`, and which ink spoke
 * for the answer, as `digits.model.explain`. */

import { byFalling } from "./geometry.js";
import { bytesOf, classify, logitsOf, openBytes, runOn } from "./networks.js";
import { constants, networks, reader } from "./reader.js";

const { TILE, STEP, REACH } = constants["model.explain"];

let opened = null;

/** { layers: [{ name, maps }], probabilities, is_digit, heatmap } of 784 bytes. */
export async function layersOf(tile) {
  opened ??= bytesOf("classifier").then((bytes) =>
    openBytes(withOutputs(bytes, Object.keys(reader.layers).filter((name) => name !== "logits"))),
  );
  const unit = Float32Array.from(tile, (level) => level / 255);
  const results = await runOn(await opened, { tiles: [unit, [1, TILE, TILE]] });
  const { probabilities, isDigit } = await classify([tile]);
  return {
    layers: Object.entries(reader.layers).map(([tensor, name]) => ({ name, maps: mapsOf(results[tensor]) })),
    probabilities: Array.from(probabilities[0]),
    is_digit: isDigit[0],
    heatmap: await evidence(unit),
  };
}

/** A network that gives inner tensors too.
 *
 * Messages of protocol buffers that follow each other are merged, and repeated fields joined: bytes
 * of a model whose graph has outputs of these names alone are all that has to be added.
 */
function withOutputs(bytes, names) {
  const field = (number, content) => [(number << 3) | 2, ...sizeOf(content.length), ...content];
  const outputs = names.flatMap((name) => field(12, field(1, [...new TextEncoder().encode(name)])));
  const added = field(7, outputs);
  const made = new Uint8Array(bytes.length + added.length);
  made.set(bytes);
  made.set(added, bytes.length);
  return made;
}

/** A length as protocol buffers write it: seven bits a byte, the lowest first. */
function sizeOf(length) {
  const parts = [];
  for (let rest = length; ; rest >>= 7) {
    if (rest < 128) return [...parts, rest];
    parts.push((rest & 127) | 128);
  }
}

/** One tile's output as maps of rows; a vector has a map of one cell for each number. */
function mapsOf({ data, dims }) {
  const [high, wide] = dims.length === 4 ? dims.slice(2) : [1, 1];
  const count = data.length / (high * wide);
  const cell = (at) => Math.round(data[at] * 1000) / 1000;
  return Array.from({ length: count }, (_, map) =>
    Array.from({ length: high }, (_, y) =>
      Array.from({ length: wide }, (_, x) => cell((map * high + y) * wide + x)),
    ),
  );
}

/** By how much the log-odds of the answer to the runner-up fall when ink is taken away, in nats. */
async function evidence(ink) {
  const patches = softPatches().filter((patch) => patch.some((share, i) => share * ink[i] > 0.1));
  const covered = patches.map((patch) => ink.map((level, i) => level * (1 - patch[i])));
  const logits = await logitsOf([ink, ...covered]);
  const [answer, runnerUp] = byFalling(logits[0]);
  const { temperature } = networks.classifier.calibration;
  const [whole, ...rest] = logits.map((row) => (row[answer] - row[runnerUp]) / temperature);
  const [sum, weight] = [new Float64Array(ink.length), new Float64Array(ink.length).fill(1e-6)];
  patches.forEach((patch, k) =>
    patch.forEach((share, i) => {
      sum[i] += (whole - rest[k]) * share;
      weight[i] += share;
    }),
  );
  const value = (i) => Math.round(((ink[i] * sum[i]) / weight[i]) * 1000) / 1000;
  return Array.from({ length: TILE }, (_, y) => Array.from({ length: TILE }, (_, x) => value(y * TILE + x)));
}

/** Soft round patches all over the tile; 1 takes all ink away. */
function softPatches() {
  const bells = [];
  for (let at = 0.5; at < TILE; at += STEP)
    bells.push(Array.from({ length: TILE }, (_, x) => Math.exp(-0.5 * ((x - at) / REACH) ** 2)));
  return bells.flatMap((rows) =>
    bells.map((columns) => {
      const patch = Float32Array.from({ length: TILE * TILE }, (_, i) => rows[Math.floor(i / TILE)] * columns[i % TILE]);
      const top = Math.max(...patch);
      return patch.map((share) => share / top);
    }),
  );
}
