// The engine that asks the service this page came from.

import { greyPng } from "./png.js";

const TOKEN = "digits-token";
const TRIES = 5; // where the service is busy
const sleep = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
const hasService = document.querySelector('meta[name="digits-engine"]')?.content !== "browser";
const at = (path) => new URL(`../api/${path}`, import.meta.url);

/** There is no service, or it does not answer. */
export class Unreachable extends Error {}

/** What the service says is wrong; `problem` is its whole answer. */
export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail ?? problem.title ?? `the service answered ${status}`);
    this.problem = problem;
    this.status = status;
  }
}

/** The reading of a picture; a list of readings where it has several pages. */
export async function read(picture, { single = false, number = false, orientation = null, signal } = {}) {
  const query = new URLSearchParams({ tiles: true, single, number });
  if (orientation !== null) query.set("orientation", orientation);
  const given = picture instanceof ImageData ? await drawn(picture) : file(picture);
  let answer;
  try {
    answer = await call(`read?${query}`, { method: "POST", ...given, signal });
  } catch (error) {
    if (!error.problem?.readings) throw error;
    answer = error.problem; // the picture could not be read; its reading says why
  }
  return answer.readings.length === 1 ? answer.readings[0] : answer.readings;
}

const drawn = async (pixels) => ({ body: await greyPng(pixels), headers: { "Content-Type": "image/png" } });

function file(blob) {
  const body = new FormData();
  body.append("picture", blob, blob.name ?? "picture"); // the name is for error messages
  return { body };
}

/**
 * What each layer makes of a tile (28×28): { layers, probabilities, heatmap }. With the name of a
 * convolution and the number of a map, that layer has the `kernel` which makes this map.
 */
export const layers = (tile, { signal, layer, map } = {}) =>
  call("layers", { ...json({ tile, layer, map }), signal });

export const corrections = () => call("corrections");
export const correct = (correction) => call("corrections", json(correction));
export const undoCorrection = (id) =>
  call(`corrections/${encodeURIComponent(id)}`, { method: "DELETE" });
export const exportCorrections = async () => (await ask("corrections.zip")).blob();

export const profile = () => call("profile");
export const teach = () => call("profile", { method: "POST" });
export const undoTeaching = () => call("profile", { method: "DELETE" });

const json = (content) => ({
  method: "POST",
  body: JSON.stringify(content),
  headers: { "Content-Type": "application/json" },
});

async function call(path, options) {
  const answer = await ask(path, options);
  return answer.status === 204 ? null : answer.json();
}

async function ask(path, options = {}, tries = TRIES) {
  if (!hasService) throw new Unreachable("this page has no service behind it");
  const token = sessionStorage.getItem(TOKEN);
  const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
  let answer;
  try {
    answer = await fetch(at(path), { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable("the service does not answer; is digits serve still running?");
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && tries) {
    sessionStorage.setItem(TOKEN, await askToken());
    return ask(path, options, 0);
  }
  if (answer.status === 429 && tries) {
    await sleep(Number(answer.headers.get("Retry-After")) || 1);
    return ask(path, options, tries - 1);
  }
  const isJson = /json/.test(answer.headers.get("Content-Type"));
  if (!isJson) throw new Unreachable(`no digits service here: it answered ${answer.status}`);
  throw new Refused(await answer.json(), answer.status);
}

let asking = null; // one question at a time, however many calls wait for it

function askToken() {
  const dialog = document.getElementById("token");
  asking ??= new Promise((done) => {
    dialog.addEventListener("close", () => {
      asking = null;
      done(new FormData(dialog.querySelector("form")).get("token"));
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}
