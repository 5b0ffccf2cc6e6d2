// The picture with what was read on it.

import { $, el, percent } from "./dom.js";

const DOUBTFUL = 0.9; // probability below which a box is drawn as doubtful

/** Shows the drawing area, or the picture of an item, in its own proportions. */
export function showPicture(item) {
  const { width, height } = item.reading ?? {};
  $("pad").hidden = !item.isDrawing;
  $("picture").hidden = item.isDrawing || !item.url;
  $("blank").hidden = item.isDrawing || Boolean(item.url);
  $("pad-tools").hidden = !item.isDrawing;
  $("picture-tools").hidden = item.isDrawing;
  $("stage").classList.toggle("is-picture", !item.isDrawing);
  if (item.isDrawing) return;
  const [picture, blank] = [$("picture"), $("blank")];
  if (item.url && picture.getAttribute("src") !== item.url) picture.src = item.url;
  picture.alt = item.name;
  blank.style.aspectRatio = width ? `${width} / ${height}` : "4 / 3";
  blank.textContent = item.url ? "" : "Your browser cannot show this kind of file; the boxes tell where its numbers are.";
  $("picture-name").textContent = item.page > 1 ? `${item.name}, page ${item.page}` : item.name;
}

/** A box for each number, sign and mark that is no digit. */
export function showBoxes(reading) {
  const frame = $("boxes");
  if (!reading?.width) return frame.replaceChildren();
  const placed = (box, node) => place(node, box, reading);
  frame.replaceChildren(
    ...reading.rejected.map(({ box, reason }) =>
      placed(box, el("span", { class: "box rejected", title: `no digit: ${reason}` }))),
    ...(reading.signs ?? []).map(({ box }) => placed(box, el("span", { class: "box sign" }))),
    ...reading.numbers.map((number) => {
      const doubtful = number.confidence < DOUBTFUL ? "doubtful" : "";
      const tag = el("b", {}, number.text);
      const title = `${number.text}, ${percent(number.confidence)}`;
      return placed(number.box, el("span", { class: `box ${doubtful}`, title }, tag));
    }),
  );
}

/** Marks one digit of the reading on the picture; none without a box. */
export function pointAt(box, reading) {
  $("boxes").querySelector(".pointed")?.remove();
  if (box) $("boxes").append(place(el("span", { class: "box pointed" }), box, reading));
}

function place(node, [x, y, width, height], reading) {
  const share = (part, whole) => `${(100 * part) / whole}%`;
  Object.assign(node.style, {
    left: share(x, reading.width), width: share(width, reading.width),
    top: share(y, reading.height), height: share(height, reading.height),
  });
  node.classList.toggle("at-top", y < 0.12 * reading.height);
  return node;
}
