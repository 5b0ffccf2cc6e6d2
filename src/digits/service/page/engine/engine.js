/** Reads digits in the browser, with no server: the networks run in a worker.
 *
 * read(picture, { single, number }) answers as `digits read --json` does, with the tile of each digit.
 */

let worker = null; // a promise of one that listens
let count = 0;
const waiting = new Map();

function started() {
  const made = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    made.onmessage = ({ data: { id, answer, error } }) => {
      if (id === undefined) return resolve(made); // its first word: what was sent before is lost
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) asked.resolve(answer);
      else asked.reject(new Error(error));
    };
    made.onerror = (event) => {
      const error = new Error(`the reader does not run here (${event.message || "a file is missing"})`);
      for (const asked of waiting.values()) asked.reject(error);
      waiting.clear();
      worker = null; // the next call tries again
      reject(error);
    };
  });
}

async function ask(task, { signal, ...given } = {}) {
  worker ??= started();
  const port = await worker;
  signal?.throwIfAborted();
  const id = count++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    port.postMessage({ id, task, given });
    signal?.addEventListener("abort", () => {
      port.postMessage({ id, task: "forget" });
      reject(signal.reason);
    });
  });
}

/** Fetch and open all networks, so that the first picture takes no longer than others. */
export const open = () => ask("open");

/** Read a picture, a file (Blob) or an ImageData: its numbers, or, `single`, the one digit on it, or,
 * `number`, the one number on it.
 *
 * Returns an object of `digits read --json` (schema 2) with the milliseconds it took and the tile
 * (28 × 28) of each digit. minConfidence: digits less sure are "?" in the text. orientation: 0,
 * 90, 180 or 270 degrees; null to see it. signal: an AbortSignal. Rejects with an Error whose
 * message is for people.
 */
export const read = (picture, options = {}) => ask("read", { ...options, picture });

/** { probabilities: [[10 numbers], …], is_digit: […] } of tiles, each 28 × 28 levels or 784. */
export const classify = (tiles) => ask("classify", { tiles });

/** What each layer of the classifier makes of a tile: see `layers.js`. */
export const layers = (tile, options = {}) => ask("layers", { ...options, tile });
