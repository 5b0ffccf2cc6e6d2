/** A file of any kind that the browser can open → its pixels, three colours each. */

import { image } from "./pixels/image.js";
import { constants } from "./reader.js";

const { _MIN_CONTRAST: MIN_CONTRAST } = constants["io.colour"];

/** { width, height, channels: 3, data } of a Blob, as a viewer shows it, or of an ImageData. Raises
 * an Error that says what is wrong where it is no picture. */
export async function openPicture(given) {
  if (given instanceof ImageData) return withoutAlpha(given);
  let bitmap;
  try {
    bitmap = await createImageBitmap(given, {
      imageOrientation: "from-image",
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
  } catch {
    throw new Error("not a picture that this browser can open; expected PNG, JPEG, WebP, GIF or BMP");
  }
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  canvas.drawImage(bitmap, 0, 0);
  bitmap.close();
  return withoutAlpha(canvas.getImageData(0, 0, width, height));
}

/** Transparency is laid on white, or on black where white would hide the ink. */
function withoutAlpha({ width, height, data }) {
  let [onWhite, onBlack] = [false, false];
  let [lightest, darkest] = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3];
    if (alpha < 255) onWhite = true;
    const light = ((9798 * data[i] + 19235 * data[i + 1] + 3735 * data[i + 2] + 16384) >> 15) * (alpha / 255);
    lightest = Math.max(lightest, light);
    darkest = Math.max(darkest, alpha - light);
  }
  if (onWhite) onBlack = darkest < MIN_CONTRAST * lightest;
  const picture = image(width, height, 3);
  for (let i = 0, at = 0; i < data.length; i += 4, at += 3) {
    const paper = onBlack ? 0 : 255 - data[i + 3];
    for (let c = 0; c < 3; c++)
      picture.data[at + c] = Math.round((data[i + c] * data[i + 3]) / 255) + paper;
  }
  return picture;
}
