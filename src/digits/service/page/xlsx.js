// A minimal .xlsx: a zip, stored uncompressed, of a few XML files (ECMA-376, Office Open XML).

import { crc32 } from "./crc32.js";

const TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const PART = "application/vnd.openxmlformats-officedocument.spreadsheetml";

/** sheets: { name: rows of cells }, a cell a number, a text or null. → Blob */
export function workbook(sheets) {
  const names = Object.keys(sheets), each = (write) => names.map((name, k) => write(k + 1, name)).join("");
  return zip({
    "[Content_Types].xml": `${HEAD}<Types xmlns="${PACKAGE}/content-types">`
      + '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
      + `<Override PartName="/xl/workbook.xml" ContentType="${PART}.sheet.main+xml"/>`
      + each((k) => `<Override PartName="/xl/worksheets/sheet${k}.xml" ContentType="${PART}.worksheet+xml"/>`) + "</Types>",
    "_rels/.rels": relations([["officeDocument", "xl/workbook.xml"]]),
    "xl/workbook.xml": `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>`
      + each((k, name) => `<sheet name="${escaped(name)}" sheetId="${k}" r:id="r${k}"/>`) + "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": relations(names.map((_, k) => ["worksheet", `worksheets/sheet${k + 1}.xml`])),
    ...Object.fromEntries(names.map((name, k) => [`xl/worksheets/sheet${k + 1}.xml`, sheet(sheets[name])])),
  });
}

const relations = (targets) => `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">`
  + targets.map(([kind, path], k) => `<Relationship Id="r${k + 1}" Type="${OFFICE}/${kind}" Target="${path}"/>`).join("")
  + "</Relationships>";

const sheet = (rows) => `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>`
  + rows.map((row) => `<row>${row.map(cell).join("")}</row>`).join("") + "</sheetData></worksheet>";

function cell(value) {
  if (value == null || value === "") return "<c/>";
  if (typeof value === "number") return `<c><v>${value}</v></c>`;
  return `<c t="inlineStr"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`;
}

// eslint-disable-next-line no-control-regex -- XML 1.0 has no way to write these
const escaped = (text) => String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
  .replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt()};`);

/** files: { path: text } → a zip (PKWARE APPNOTE 6.3), nothing compressed, all of 1 January 1980. */
export function zip(files) {
  const encoder = new TextEncoder(), bodies = [], directory = [];
  let offset = 0, listed = 0;
  for (const [path, text] of Object.entries(files)) {
    const name = encoder.encode(path), body = encoder.encode(text), sum = crc32(body);
    const common = [[2, 20], [2, 0x0800], [2, 0], [2, 0], [2, 0x21], [4, sum], [4, body.length], [4, body.length], [2, name.length], [2, 0]];
    bodies.push(record(0x04034b50, common), name, body);
    const entry = record(0x02014b50, [[2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]);
    directory.push(entry, name);
    offset += 30 + name.length + body.length;
    listed += entry.length + name.length;
  }
  const n = Object.keys(files).length;
  const end = record(0x06054b50, [[2, 0], [2, 0], [2, n], [2, n], [4, listed], [4, offset], [2, 0]]);
  return new Blob([...bodies, ...directory, end], { type: TYPE });
}

/** A signature and fields of 2 or 4 bytes, the lowest first. */
function record(signature, fields) {
  const view = new DataView(new ArrayBuffer(4 + fields.reduce((sum, [size]) => sum + size, 0)));
  view.setUint32(0, signature, true);
  let at = 4;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}
