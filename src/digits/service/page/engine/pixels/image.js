/** Pictures: { width, height, channels, data }, rows from top to bottom, channels side by side. */

export function image(width, height, channels = 1, Type = Uint8Array) {
  return { width, height, channels, data: new Type(width * height * channels) };
}

/** A picture of one channel, computed pixel by pixel from another of the same size. */
export function mapped(source, Type, value) {
  const made = image(source.width, source.height, source.channels, Type);
  for (let i = 0; i < made.data.length; i++) made.data[i] = value(source.data[i], i);
  return made;
}

/** The part of a picture in a window; it has to lie within. */
export function cropped(source, left, top, width, height) {
  const { channels } = source;
  const part = image(width, height, channels, source.data.constructor);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * source.width + left) * channels;
    part.data.set(source.data.subarray(start, start + width * channels), y * width * channels);
  }
  return part;
}

/** Put a picture into a larger one, in place. */
export function paste(target, source, left, top) {
  const row = source.width * source.channels;
  for (let y = 0; y < source.height; y++) {
    const start = ((top + y) * target.width + left) * target.channels;
    target.data.set(source.data.subarray(y * row, (y + 1) * row), start);
  }
  return target;
}

/** Rows become columns. */
export function transposed(source) {
  const { width, height } = source;
  const made = image(height, width, 1, source.data.constructor);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) made.data[x * height + y] = source.data[y * width + x];
  return made;
}

/** Turned clockwise by a multiple of 90 degrees. */
export function rotated(source, degrees) {
  if (degrees === 0) return source;
  const { width, height } = source;
  const made = degrees === 180 ? image(width, height) : image(height, width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [column, row] = [width - 1 - x, height - 1 - y];
      if (degrees === 90) [column, row] = [height - 1 - y, x];
      if (degrees === 270) [column, row] = [y, width - 1 - x];
      made.data[row * made.width + column] = source.data[y * width + x];
    }
  }
  return made;
}

/** A channel of its own. */
export function channel(source, index) {
  const made = image(source.width, source.height, 1, source.data.constructor);
  for (let i = 0; i < made.data.length; i++) made.data[i] = source.data[i * source.channels + index];
  return made;
}

/** Pictures of one channel each as the channels of one. */
export function merged(parts) {
  const [{ width, height, data }] = parts;
  const made = image(width, height, parts.length, data.constructor);
  parts.forEach((part, index) => {
    for (let i = 0; i < part.data.length; i++) made.data[i * parts.length + index] = part.data[i];
  });
  return made;
}

/** The box [x, y, width, height] around all pixels that are not 0; of width 0 without any. */
export function boundingBox(mask) {
  const { width, height, data } = mask;
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!data[y * width + x]) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return right ? [left, top, right - left, bottom - top] : [0, 0, 0, 0];
}

/** Half to even, as NumPy and OpenCV round. */
export function rint(value) {
  const low = Math.floor(value);
  const off = value - low;
  if (off !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

/** How far each channel of each pixel is from the opposite brightness. */
export function inverted(source) {
  return mapped(source, Uint8Array, (value) => 255 - value);
}
