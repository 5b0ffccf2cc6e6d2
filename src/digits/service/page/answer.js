// The answer in large type, how sure it is, and what else it might be.

import { $, bar, count, el, percent, roving } from "./dom.js";
import { pointAt } from "./stage.js";

let shown = null; // the reading on the page

/** Once: lets arrows move through the digits; `chosen(digit)` hears which one is looked at. */
export function setUpAnswer(chosen) {
  const look = (node) => {
    const { number, digit } = digitOf(node);
    showAlternatives(number, digit);
    pointAt(digit.box, shown);
    chosen(digit);
  };
  roving($("text"), ".digit", look);
  $("text").addEventListener("pointerover", (event) => {
    const node = event.target.closest(".digit");
    if (node) look(node);
  });
  $("text").addEventListener("pointerleave", () => pointAt(null));
}

/** Shows a reading, an error in one line, or that nothing is there yet. */
export function showAnswer({ reading, error }, took) {
  shown = reading;
  $("text").classList.toggle("is-empty", !reading?.numbers.length);
  if (!reading) {
    $("text").replaceChildren(el("p", {}, error ? "Not read" : "…"));
    $("status").textContent = error ?? "Nothing is written yet.";
  } else {
    showText(reading);
    $("status").textContent = statusOf(reading, took);
  }
  $("status").classList.toggle("error", Boolean(error));
  showNumbers(reading?.numbers ?? []);
  const doubtful = leastSure(reading);
  $("alternatives").hidden = !doubtful;
  if (doubtful) showAlternatives(doubtful.number, doubtful.digit);
}

/** The digit that is least sure, with its number; null if there are none. */
function leastSure(reading) {
  const all = (reading?.numbers ?? []).flatMap((number) => number.digits.map((digit) => ({ number, digit })));
  return all.reduce((low, each) => (low && low.digit.confidence <= each.digit.confidence ? low : each), null);
}

function statusOf(reading, took) {
  const parts = [];
  const n = reading.numbers.length;
  parts.push(n ? count(n, "number") : "nothing here is taken for a digit");
  if (reading.rejected.length) parts.push(`${count(reading.rejected.length, "mark")} taken for no digit`);
  if (reading.orientation) parts.push(`turned by ${reading.orientation}°`);
  if (took) parts.push(`${Math.round(took)} ms`);
  return parts.join(" · ");
}

function showText(reading) {
  const lines = linesOf(reading);
  const longest = Math.max(...lines.map((line) => line.map((each) => each.text).join(" ").length), 3);
  $("text").style.setProperty("--letters", longest);
  $("text").replaceChildren(
    ...(reading.numbers.length
      ? lines.map((line) => el("p", {}, line.map((each) => [each.digits ? numberNode(each, reading) : el("span", { class: "sign" }, each.text), " "])))
      : [el("p", { class: "none" }, "no digit")]),
  );
  const first = $("text").querySelector(".digit");
  if (first) first.tabIndex = 0;
}

/** Numbers and signs of each line, in the order of the transcript. */
export function linesOf(reading) {
  const numbers = [...reading.numbers], signs = [...(reading.signs ?? [])];
  const inLine = (reading.text || "").split("\n").map((line) => line.split(" ").filter(Boolean).length);
  return (reading.transcript ?? reading.text).split("\n").map((line, k) => {
    const ours = numbers.splice(0, inLine[k]);
    const words = line.split(" ").filter(Boolean).length;
    const all = [...ours, ...signs.splice(0, words - ours.length)];
    return all.sort((one, other) => one.box[0] - other.box[0]);
  });
}

function numberNode(number, reading) {
  const place = reading.numbers.indexOf(number);
  let k = 0;
  const letters = [...number.text].map((letter) => {
    if (!/[0-9]/.test(letter)) return letter;
    const { confidence } = number.digits[k];
    return el("button", {
      type: "button", class: confidence < 0.9 ? "digit doubtful" : "digit", tabindex: "-1",
      "data-place": `${place} ${k++}`, "aria-describedby": "alternatives",
      "aria-label": `${letter}, ${percent(confidence)}`,
    }, letter);
  });
  return el("span", { class: "number", role: "group", "aria-label": number.text }, letters);
}

function digitOf(node) {
  const [place, k] = node.dataset.place.split(" ").map(Number);
  return { number: shown.numbers[place], digit: shown.numbers[place].digits[k] };
}

/** One row a number: how sure it is, and the runner-up. */
function showNumbers(numbers) {
  $("numbers").replaceChildren(...numbers.map(({ text, confidence, runner_up: second }) =>
    el("div", { class: confidence < 0.9 ? "row doubtful" : "row" },
      el("strong", {}, text), bar(confidence), el("span", {}, percent(confidence)),
      el("span", { class: "second" }, `or ${second.text}`), bar(second.confidence, "second"),
      el("span", { class: "second" }, percent(second.confidence)))));
}

/** The ten probabilities of one digit. */
function showAlternatives(number, digit) {
  const within = number.digits.length > 1 ? ` in ${number.text}` : "";
  $("alternatives").replaceChildren(
    el("p", {}, el("b", {}, `${digit.digit}${within}`), `: a digit with ${percent(digit.is_digit ?? 1)}; which one, if so:`),
    tenBars(digit.probabilities, digit.digit));
}

/** Ten columns, one a digit, as a list that is read out. */
export function tenBars(probabilities, answer) {
  return el("ol", { class: "ten" }, probabilities.map((p, digit) => {
    const column = el("i", { "aria-hidden": "true" });
    column.style.height = `${Math.max(100 * p, 2)}%`;
    return el("li", { class: digit === answer ? "top" : "", title: `${digit}: ${percent(p)}` },
      el("span", { class: "column" }, column),
      el("b", {}, String(digit)), el("span", { class: "unseen" }, percent(p)));
  }));
}
