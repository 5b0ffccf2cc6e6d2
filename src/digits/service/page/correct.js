// Corrections: three answers per digit, by keyboard first, the doubtful ones first.

import { $, count, download, el, percent, roving } from "./dom.js";
import { mapCanvas } from "./maps.js";
import { isLocal } from "./reader.js";
import * as server from "./server.js";

const AT_ONCE = 60; // digits to look through
const NOT_A_DIGIT = null;
let queue = []; // digits of the readings, the least sure first
let enabled = false, folder = null;
let kept = []; // corrections on the disk
let tellOthers = () => {};

const keyOf = (tile) => tile.flat().join();
const entryOf = (digit) => kept.findLast((entry) => entry.tile && keyOf(entry.tile) === keyOf(digit.tile));

/** Once. `changed()` is called when what is kept has changed. */
export async function setUpCorrections(changed) {
  tellOthers = changed;
  $("correct-body").addEventListener("keydown", onKey);
  await load();
}

async function load() {
  try {
    if (isLocal()) throw new Error("there is no service to keep them");
    ({ enabled, folder = null, corrections: kept } = await server.corrections());
  } catch {
    [enabled, kept] = [false, []];
  }
  render();
}

/** Where corrections are kept: a folder's name; null if they are not. */
export const keptIn = () => (enabled ? folder ?? "a folder on this computer" : null);

/** Takes the digits of all readings on the page. */
export function queueDigits(readings) {
  const digits = readings.flatMap((reading) => reading.numbers.flatMap((number) => number.digits));
  const next = digits.filter((digit) => digit.tile).sort((one, other) => one.confidence - other.confidence);
  const all = next.length;
  queue = next.slice(0, AT_ONCE);
  queue.all = all;
  render();
}

function render() {
  const body = $("correct-body");
  if (!enabled) {
    body.replaceChildren(el("p", {}, "Corrections are off: nothing that you write is kept. To keep them, start the service with ",
      el("code", {}, "digits serve --corrections FOLDER"), "."));
    return;
  }
  const at = body.querySelector(".queue [tabindex='0']")?.dataset.at ?? 0;
  const hadFocus = body.querySelector(".queue")?.contains(document.activeElement);
  body.replaceChildren(queueView(Math.min(at, Math.max(queue.length - 1, 0))), keptView());
  if (hadFocus) body.querySelector(".queue [tabindex='0']")?.focus();
}

function queueView(at) {
  if (!queue.length) return el("p", { class: "faint" }, "Digits that are read stand here, the least sure first, to be confirmed or corrected.");
  const list = el("div", { class: "queue", role: "group", "aria-label": "Digits, the least sure first" },
    queue.map((digit, k) => digitButton(digit, k, k === Number(at))));
  const detail = el("div", { class: "detail", id: "detail", role: "group", "aria-label": "Answer" });
  roving(list, "button", (item) => showDetail(detail, queue[item.dataset.at]));
  showDetail(detail, queue[at]);
  const more = queue.all > queue.length ? ` The ${queue.length} least sure of ${queue.all} are shown.` : "";
  return el("div", {},
    el("p", { class: "faint" }, "Keys: ", el("kbd", {}, "←"), " ", el("kbd", {}, "→"), " move, ", el("kbd", {}, "Enter"), " right, ",
      el("kbd", {}, "0"), "–", el("kbd", {}, "9"), " it is another, ", el("kbd", {}, "x"), ` not a digit.${more}`),
    el("div", { class: "work" }, list, detail));
}

function digitButton(digit, k, isFirst) {
  const entry = entryOf(digit);
  const badge = entry ? badgeOf(entry) : null;
  return el("button", { type: "button", class: `tile-button ${entry ? "done" : ""}`, "data-at": k, tabindex: isFirst ? 0 : -1,
    onclick: (event) => event.currentTarget.focus(), // which not every browser does by itself
    "aria-label": `read as ${digit.digit}, ${percent(digit.confidence)}${entry ? `, kept: ${wordFor(entry)}` : ""}` },
    mapCanvas(digit.tile, "tile"), el("span", {}, String(digit.digit)), badge);
}

const wordFor = ({ answer, confirmed }) => (answer === NOT_A_DIGIT ? "not a digit" : confirmed ? "right" : `it is ${answer}`);
const badgeOf = (entry) =>
  el("i", { class: `badge ${entry.confirmed ? "right" : "other"}`, "aria-hidden": "true" }, entry.answer === NOT_A_DIGIT ? "×" : entry.confirmed ? "✓" : String(entry.answer));

function showDetail(detail, digit) {
  const second = [...digit.probabilities.keys()].sort((one, other) => digit.probabilities[other] - digit.probabilities[one])[1];
  const give = (answer) => () => answerWith(digit, answer);
  detail.replaceChildren(
    mapCanvas(digit.tile, "tile"),
    el("div", {},
      el("p", {}, "Read as ", el("b", {}, String(digit.digit)), ` with ${percent(digit.confidence)}, or ${second}.`),
      el("div", { class: "tools" },
        el("button", { type: "button", class: "primary", onclick: give(digit.digit) }, "Right"),
        el("button", { type: "button", onclick: give(NOT_A_DIGIT) }, "Not a digit")),
      el("div", { class: "digits", role: "group", "aria-label": "It is" }, el("span", {}, "It is"),
        Array.from({ length: 10 }, (_, k) => el("button", { type: "button", onclick: give(k) }, String(k)))),
      el("div", { id: "asked", role: "alert" })));
}

function onKey(event) {
  const list = $("correct-body").querySelector(".queue");
  if (!list?.contains(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const digit = queue[event.target.dataset.at];
  const answer = /^[0-9]$/.test(event.key) ? Number(event.key) : { x: NOT_A_DIGIT, X: NOT_A_DIGIT, Enter: digit.digit }[event.key];
  if (answer === undefined) return;
  event.preventDefault();
  answerWith(digit, answer);
}

async function answerWith(digit, answer, force = false) {
  const asked = $("asked");
  try {
    await server.correct({ tile: digit.tile, read: digit.digit, answer, confirmed: answer === digit.digit,
      confidence: digit.confidence, force });
  } catch (error) {
    if (error.status === 409) askAgain(asked, digit, answer, error.problem);
    else asked.replaceChildren(el("p", { class: "error" }, error.message));
    return;
  }
  await load();
  toNext(digit);
  tellOthers();
}

/** The neighbours say something else: the user is asked once more. */
function askAgain(asked, digit, answer, problem) {
  const word = answer === NOT_A_DIGIT ? "no digit" : answer;
  const back = () => { asked.replaceChildren(); focusOn(digit); };
  const keep = el("button", { type: "button", class: "primary", onclick: () => answerWith(digit, answer, true) }, "Keep it");
  asked.replaceChildren(
    el("p", {}, problem.detail ?? `Those most like it were answered otherwise. Keep ${word} all the same?`),
    el("div", { class: "tools", onkeydown: (event) => event.key === "Escape" && back() },
      (problem.neighbours ?? []).slice(0, 5).map((each) => each.tile && mapCanvas(each.tile, "tile")), keep,
      el("button", { type: "button", onclick: back }, "Leave it")));
  keep.focus();
}

const buttonOf = (digit) => $("correct-body").querySelector(`.queue [data-at="${queue.indexOf(digit)}"]`);
const focusOn = (digit) => buttonOf(digit)?.focus();

function toNext(digit) {
  const next = buttonOf(queue[queue.indexOf(digit) + 1] ?? digit);
  next?.focus();
}

function keptView() {
  const right = kept.filter((entry) => entry.confirmed).length;
  const status = kept.length ? `${count(kept.length, "answer")} kept in ${keptIn()}: ${right} confirmed, ${kept.length - right} corrected.`
    : `Nothing is kept yet; answers go to ${keptIn()}.`;
  return el("div", { class: "kept" }, el("p", {}, status),
    kept.length ? el("div", { class: "tools" }, el("button", { type: "button", onclick: exportAll }, "Export as zip")) : null,
    el("ul", { "aria-label": "Kept answers, the newest first" }, kept.slice(-AT_ONCE).reverse().map(keptItem)));
}

function keptItem(entry) {
  const said = entry.answer === NOT_A_DIGIT ? "not a digit" : String(entry.answer);
  const read = entry.read ?? "no digit";
  return el("li", {}, entry.tile ? mapCanvas(entry.tile, "tile") : null,
    el("span", {}, entry.confirmed ? `${said} ✓` : `${read} → ${said}`),
    el("button", { type: "button", "aria-label": `Undo: ${read}, ${wordFor(entry)}`, onclick: async () => {
      await server.undoCorrection(entry.id).catch(() => {});
      await load();
      tellOthers();
    } }, "Undo"));
}

async function exportAll() {
  download("corrections.zip", await server.exportCorrections());
}
