// Pixels as a PNG file (W3C Portable Network Graphics), in grey levels.
//
// A canvas makes such files too, but browsers leave that to their idle time, and there is little of
// it while somebody draws.

import { crc32 } from "./crc32.js";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const GREY = [8, 0, 0, 0, 0]; // bits, kind of colour, compression, filter, interlacing

/** An ImageData without transparency → the file's bytes. Greys as OpenCV's RGB2GRAY makes them. */
export async function greyPng({ width, height, data }) {
  const lines = new Uint8Array(height * (width + 1)); // each begins with its filter: 0, none
  for (let y = 0, from = 0, to = 0; y < height; y++) {
    to++;
    for (let x = 0; x < width; x++, from += 4)
      lines[to++] = (9798 * data[from] + 19235 * data[from + 1] + 3735 * data[from + 2] + 16384) >> 15;
  }
  return joined([
    SIGNATURE,
    ...chunk("IHDR", [...bytesOf(width), ...bytesOf(height), ...GREY]),
    ...chunk("IDAT", await deflated(lines)),
    ...chunk("IEND", []),
  ]);
}

function chunk(type, content) {
  const named = joined([[...type].map((letter) => letter.charCodeAt()), content]);
  return [bytesOf(content.length), named, bytesOf(crc32(named))];
}

const bytesOf = (number) => [24, 16, 8, 0].map((bits) => (number >>> bits) & 255);

async function deflated(content) {
  const stream = new CompressionStream("deflate"), writer = stream.writable.getWriter();
  writer.write(content);
  writer.close();
  return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
