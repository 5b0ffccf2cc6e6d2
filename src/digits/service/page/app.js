// Everything on the page, put together.

import { setUpAnswer, showAnswer } from "./answer.js";
import { keptIn, queueDigits, setUpCorrections } from "./correct.js";
import { $, download, el } from "./dom.js";
import { watchForPictures } from "./intake.js";
import { newestOnly } from "./live.js";
import { createPad } from "./pad.js";
import { isLocal, read } from "./reader.js";
import * as results from "./results.js";
import { lookAt, setUpSaw, waitForAnswer } from "./saw.js";
import { showBoxes, showPicture } from "./stage.js";
import { setUpTeaching, showTeaching } from "./teach.js";

const EXAMPLES = {
  "examples/2024_blue.png": "2024 in blue ink", "examples/4_chalk.png": "4 in chalk on a dark board",
  "examples/58-17+23_squared.jpg": "Three numbers in pencil, photographed", "examples/0123456789_row.png": "All ten digits in one hand",
  "examples/42+1066-365+90-7041+8_page.jpg": "A photo of six numbers", "examples/7_paint.png": "7, of 28 × 28 pixels",
  "flower.svg": "A flower, which is no digit",
};
const AT_ONCE = 2; // pictures that are read at the same time
const UPRIGHT = 0; // degrees: nobody writes on the drawing area upside down
const NARROW = matchMedia("(max-width: 640px)");

const drawing = { name: "drawing", isDrawing: true, isBusy: false, reading: null, error: null };
let pictures = []; // items { name, page, blob, url, reading, error }, in the order they came
let current = drawing;
let askedAt = 0; // when the pen was lifted last, or another answer was asked for
let isWriting = false;
let version = 0; // of the drawing

const mode = () => {
  const chosen = document.querySelector("input[name=mode]:checked").value;
  return { single: chosen === "single", number: chosen === "number" };
};

// The drawing

const pad = createPad($("pad"), (ended) => {
  $("hint").hidden = !pad.isEmpty();
  $("undo").disabled = !pad.canUndo();
  $("clear").disabled = pad.isEmpty();
  if (ended) {
    askedAt = performance.now();
    waitForAnswer();
  }
  isWriting = !ended;
  version++;
  setBusy(true);
  readDrawing(ended);
});

const readDrawing = newestOnly(async (signal) => {
  const mine = version;
  await readVersion(signal);
  if (mine === version && !isWriting && !signal.aborted) setBusy(false);
});

/** Whether the drawing's newest state is not read yet. */
function setBusy(isBusy) {
  drawing.isBusy = isBusy;
  if (current.isDrawing) $("text").setAttribute("aria-busy", String(isBusy));
}

async function readVersion(signal) {
  if (pad.isEmpty()) return settle(drawing, { reading: null, error: null });
  const begun = isWriting ? performance.now() : askedAt;
  try {
    const reading = await read(pad.pixels(), { ...mode(), orientation: UPRIGHT, signal });
    if (signal.aborted || pad.isEmpty()) return;
    if (isWriting && !reading.error && !reading.numbers.length) return; // "no digit" only once the pen is up
    settle(drawing, { ...resultOf(reading), took: performance.now() - begun });
  } catch (error) {
    if (error.name !== "AbortError") settle(drawing, { reading: null, error: error.message });
  }
}

// Pictures

function take(files) {
  const added = files.map((file) => ({ name: file.name, page: 1, blob: file, url: URL.createObjectURL(file), reading: null, error: null }));
  pictures = [...pictures, ...added];
  show(added[0]);
  readAll(added);
}

async function readAll(items) {
  const waiting = [...items];
  const work = async () => {
    for (let item; (item = waiting.shift()); ) await readPicture(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function readPicture(item) {
  const begun = performance.now();
  try {
    const [first, ...others] = [await read(item.blob, mode())].flat();
    const at = pictures.indexOf(item);
    if (at < 0) return; // removed meanwhile
    pictures = pictures.filter((each) => each === item || each.blob !== item.blob); // pages of a reading before
    const pages = others.map((reading, k) => ({ ...item, url: null, page: reading.page ?? k + 2, ...resultOf(reading) }));
    pictures.splice(pictures.indexOf(item) + 1, 0, ...pages);
    settle(item, { ...resultOf(first), took: performance.now() - begun });
  } catch (error) {
    settle(item, { reading: null, error: error.message });
  }
}

/** Everything once more: with another choice, or after teaching. */
function readAgain() {
  askedAt = performance.now();
  setBusy(true);
  readDrawing(true);
  readAll(pictures.filter((item) => item.page === 1));
}

const resultOf = (reading) => (reading.error ? { reading: null, error: reading.error } : { reading, error: null });

/** Notes what was read of an item, and shows it where it is looked at. */
function settle(item, result) {
  Object.assign(item, result);
  if (item === current) show(item);
  showFilm();
  refreshResults();
}

function show(item) {
  current = item;
  if (item.reading) $("model").textContent = `Read by the model «${item.reading.model}», fingerprint ${item.reading.fingerprint}.`;
  showPicture(item);
  if (item.isDrawing) followPen();
  showBoxes(item.reading);
  $("hint").hidden = !(item.isDrawing && pad.isEmpty());
  const isPending = !item.isDrawing && !item.reading && !item.error;
  $("text").setAttribute("aria-busy", String(item.isDrawing ? item.isBusy : isPending));
  showAnswer(isPending ? { error: "Reading …" } : item, item.took);
  lookAt(item.reading);
  showFilm();
}

function showFilm() {
  const film = $("film");
  film.hidden = !pictures.length;
  film.replaceChildren(...[drawing, ...pictures].map((item) => el("li", {}, el("button", {
    type: "button", "aria-pressed": String(item === current), onclick: () => show(item),
  }, thumbnail(item), el("span", {}, captionOf(item))))));
}

function thumbnail(item) {
  if (item.isDrawing) return el("span", { class: "thumb" }, "✎");
  if (!item.url) return el("span", { class: "thumb" }, item.page > 1 ? `p. ${item.page}` : item.name.split(".").at(-1).toUpperCase());
  return el("img", { src: item.url, alt: item.name, class: "thumb" });
}

const captionOf = ({ isDrawing, reading, error }) =>
  reading ? reading.text.replaceAll("\n", " / ") || "no digit" : error ? "not read" : isDrawing ? "Drawing" : "…";

// What can be done with results

const items = () => [drawing, ...pictures].filter(({ reading, error }) => reading || error);

function refreshResults() {
  for (const button of document.querySelectorAll("[data-out]")) button.disabled = !items().length;
  queueDigits(items().map(({ reading }) => reading).filter(Boolean));
}

const OUTPUTS = {
  text: () => copy(results.asText(items()), "Text"),
  csv: () => copy(results.asCsv(items()), "Table"),
  tsv: () => copy(results.asTsv(items()), "Cells"),
  xlsx: () => download("digits.xlsx", results.asWorkbook(items())),
  json: () => download("digits.json", new Blob([results.asJson(items())], { type: "application/json" })),
};

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // not allowed here: the older way
    const area = el("textarea", { class: "unseen" });
    document.body.append(area);
    area.value = text;
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  $("out-status").textContent = `${what} copied.`;
}

// Setting up

/** Takes the chosen width, and shows it in its true size. */
function followPen() {
  const share = Number($("pen-width").value);
  pad.setWidth(share / 100);
  $("pen-output").textContent = `${share} %`;
  const size = (share / 100) * Math.min($("pad").clientWidth, $("pad").clientHeight);
  $("nib").style.width = $("nib").style.height = `${Math.max(size, 1)}px`;
}

function setUpExamples() {
  $("examples").append(...Object.entries(EXAMPLES).map(([path, title]) => {
    const url = new URL(path.split("/").map(encodeURIComponent).join("/"), import.meta.url);
    const picture = el("img", { src: url, alt: title, fetchpriority: "low" });
    const open = async () => take([new File([await contentOf(url, picture)], path.split("/").at(-1))]);
    return el("li", {}, el("button", { type: "button", title, onclick: open }, picture));
  }));
}

/** An example's own bytes; of a drawing, its pixels, as readers take no drawings. */
async function contentOf(url, picture) {
  if (!url.pathname.endsWith(".svg")) return (await fetch(url)).blob();
  const canvas = el("canvas", { width: picture.naturalWidth, height: picture.naturalHeight });
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function setUpButtons() {
  $("undo").addEventListener("click", pad.undo);
  $("clear").addEventListener("click", pad.clear);
  $("back").addEventListener("click", () => show(drawing));
  $("remove").addEventListener("click", () => {
    const at = pictures.indexOf(current);
    if (current.url) URL.revokeObjectURL(current.url);
    pictures = pictures.filter((item) => item !== current);
    show(pictures[Math.min(at, pictures.length - 1)] ?? drawing);
    refreshResults();
  });
  for (const button of document.querySelectorAll("[data-out]"))
    button.addEventListener("click", () => OUTPUTS[button.dataset.out]());
  for (const choice of document.querySelectorAll("input[name=mode]"))
    choice.addEventListener("change", readAgain);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "z" || !current.isDrawing) return;
    event.preventDefault();
    pad.undo();
  });
  $("picture").addEventListener("error", () => { // a kind of file that browsers do not show
    if (current.isDrawing) return;
    current.url = null;
    show(current);
  });
}

function tellPrivacy() {
  const folder = keptIn();
  const kept = folder ? `only the answers you give under «Correct it» are kept, in ${folder}` : "nothing is kept";
  $("privacy").textContent = isLocal()
    ? "What happens to your pictures: they are read in this browser and never leave it."
    : `What happens to your pictures: they are read by the digits service at ${location.host} and forgotten; ${kept}.`;
}

pad.fit(NARROW.matches);
NARROW.addEventListener("change", () => pad.fit(NARROW.matches));
$("pen-width").addEventListener("input", followPen);
addEventListener("resize", followPen);
setUpExamples();
setUpButtons();
setUpAnswer((digit) => lookAt(current.reading, digit));
setUpSaw();
watchForPictures(take);
document.addEventListener("enginechange", tellPrivacy);
show(drawing);
await setUpCorrections(showTeaching);
tellPrivacy();
await setUpTeaching(readAgain);
