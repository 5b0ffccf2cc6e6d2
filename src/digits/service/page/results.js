// The results as text, tables and files. An item is { name, page, reading, error }.

import { workbook } from "./xlsx.js";

const COLUMNS = ["picture", "line", "number", "confidence", "x", "y", "width", "height", "error", "value"];
const nameOf = ({ name, page }) => (page > 1 ? `${name}, page ${page}` : name);

/** As `digits read --text` prints it, signs included. */
export const asText = (items) => items.filter(({ reading }) => reading).map(({ reading }) => reading.transcript ?? reading.text).join("\n");

/** Rows as `digits read --csv` prints them: one a number, or one with the message of an error. */
export function table(items) {
  const rows = items.flatMap((item) => {
    if (!item.reading) return [[nameOf(item), null, null, null, null, null, null, null, item.error, null]];
    return inLines(item.reading).flatMap((numbers, line) => numbers.map((number) =>
      [nameOf(item), line + 1, number.text, number.confidence, ...number.box, null, number.value ?? null]));
  });
  return [COLUMNS, ...rows];
}

/** RFC 4180: commas, quotes and line breaks quoted. */
export const asCsv = (items) => table(items).map((row) => row.map(quoted).join(",")).join("\r\n") + "\r\n";

const quoted = (cell) => (/[",\r\n]/.test(cell ?? "") ? `"${cell.replaceAll('"', '""')}"` : String(cell ?? ""));

/** As it is written, to paste into a spreadsheet: a row a line, a cell a number. */
export const asTsv = (items) => cells(items).map((row) => row.join("\t")).join("\n") + "\n";

const cells = (items) => items.filter(({ reading }) => reading).flatMap(({ reading }) => inLines(reading).map((line) => line.map(({ text }) => text)));

/** Two sheets: as it is written, and the table with boxes and confidences. */
export function asWorkbook(items) {
  const asNumber = (text) => (/^-?\d{1,15}$/.test(text) && !/^-?0\d/.test(text) ? Number(text) : text);
  const [head, ...rows] = table(items);
  const valued = rows.map((row) => [...row.slice(0, 9), row[9] !== null && row[9].length <= 15 ? Number(row[9]) : row[9]]);
  return workbook({ "As written": cells(items).map((row) => row.map(asNumber)), Numbers: [head, ...valued] });
}

/** As `digits read --json` prints them, without tiles, in one list. */
export function asJson(items) {
  const withoutTiles = (key, value) => (key === "tile" ? undefined : value);
  const plain = items.map((item) => ({ picture: item.name, page: item.page ?? 1, ...(item.reading ?? { error: item.error }) }));
  return JSON.stringify(plain, withoutTiles, 1);
}

/** The numbers of each line. */
function inLines(reading) {
  const rest = [...reading.numbers];
  return reading.text.split("\n").map((line) => rest.splice(0, line.split(" ").filter(Boolean).length));
}
