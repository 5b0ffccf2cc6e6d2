/** Filling what is masked from around it: Telea 2004, "An image inpainting technique based on the
 * fast marching method", DOI 10.1080/10867651.2004.10487596, as OpenCV does it. */

const [KNOWN, BAND, INSIDE] = [0, 1, 2];
const FAR = 1e6;
const REACH = 3; // pixels about one that is filled, from which its colours come

/** A picture of bytes of any number of channels, with what is not 0 in the mask filled. */
export function inpaint(picture, mask) {
  const state = startState(mask);
  const made = { ...picture, data: picture.data.slice() };
  if (!state.flags.includes(INSIDE)) return made;
  outwards(state);
  march(state, state.band, (at) => {
    fill(made, state, at);
  });
  return made;
}

/** The mask with a border of one known pixel; its band; and how far each pixel is from that. */
function startState({ width, height, data }) {
  const wide = width + 2;
  const flags = new Uint8Array(wide * (height + 2));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (data[y * width + x]) flags[(y + 1) * wide + x + 1] = INSIDE;
  const times = new Float32Array(flags.length).fill(FAR);
  const band = [];
  const steps = [-1, 1, -wide, wide];
  for (let at = 0; at < flags.length; at++) {
    if (flags[at] === INSIDE || !steps.some((step) => flags[at + step] === INSIDE)) continue;
    band.push(at);
    times[at] = 0;
  }
  for (const at of band) flags[at] = BAND;
  return { wide, high: height + 2, flags, times, band };
}

/** Distances to the band on its outer side, below 0, as far as colours are taken from. */
function outwards(state) {
  const near = new Uint8Array(state.flags.length);
  const { wide, high } = state;
  for (const at of state.band) {
    const [x, y] = [at % wide, Math.floor(at / wide)];
    for (let j = Math.max(y - REACH, 1); j <= Math.min(y + REACH, high - 2); j++)
      for (let i = Math.max(x - REACH, 1); i <= Math.min(x + REACH, wide - 2); i++)
        if ((i - x) ** 2 + (j - y) ** 2 <= REACH ** 2 && state.flags[j * wide + i] === KNOWN)
          near[j * wide + i] = INSIDE;
  }
  const flags = state.flags.map((flag, at) => (flag === BAND ? BAND : near[at]));
  const outer = { ...state, flags, times: state.times.map((time) => (time === 0 ? 0 : FAR)) };
  march(outer, state.band, () => {});
  outer.times.forEach((time, at) => {
    if (near[at]) state.times[at] = -time;
  });
}

/** The front goes inwards, the nearest pixel first; `reached` is called with each. */
function march(state, band, reached) {
  const { wide, high, flags, times } = state;
  const queue = band.map((at) => [0, at]);
  while (queue.length) {
    const [, at] = queue.shift();
    flags[at] = KNOWN;
    for (const next of [at - wide, at - 1, at + wide, at + 1]) {
      const [x, y] = [next % wide, Math.floor(next / wide)];
      if (x < 1 || y < 1 || x > wide - 2 || y > high - 2 || flags[next] !== INSIDE) continue;
      times[next] = arrival(state, next);
      reached(next);
      flags[next] = BAND;
      insert(queue, [times[next], next]);
    }
  }
}

/** Into a sorted queue, behind equal ones. */
function insert(queue, entry) {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (queue[middle][0] <= entry[0]) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, entry);
}

/** When the front reaches a pixel, by the neighbours that it has reached (the eikonal equation). */
function arrival({ wide, flags, times }, at) {
  const solve = (one, other) => {
    const [a, b] = [times[one], times[other]];
    if (flags[one] === INSIDE) return flags[other] === INSIDE ? FAR : 1 + b;
    if (flags[other] === INSIDE) return 1 + a;
    return Math.abs(a - b) >= 1 ? 1 + Math.min(a, b) : (a + b + Math.sqrt(2 - (a - b) ** 2)) / 2;
  };
  const [up, left, down, right] = [at - wide, at - 1, at + wide, at + 1];
  return Math.min(solve(up, left), solve(down, left), solve(up, right), solve(down, right));
}

/** A pixel's colours: those about it, each carried on along its own slope and weighed by how it
 * lies to the front. */
function fill(made, state, at) {
  const { wide, high, flags, times } = state;
  const [x, y] = [at % wide, Math.floor(at / wide)];
  const slope = slopeOf(at, wide, flags, (place) => times[place]);
  for (let c = 0; c < made.channels; c++) {
    const value = (place) => colourAt(made, wide, place, c);
    let [total, along, down, weights] = [0, 0, 0, 1e-20];
    for (let j = Math.max(y - REACH, 1); j <= Math.min(y + REACH, high - 2); j++)
      for (let i = Math.max(x - REACH, 1); i <= Math.min(x + REACH, wide - 2); i++) {
        const place = j * wide + i;
        const off = [x - i, y - j];
        const square = off[0] ** 2 + off[1] ** 2;
        if (flags[place] === INSIDE || square > REACH ** 2) continue;
        const level = 1 / (1 + Math.abs(times[place] - times[at]));
        let facing = off[0] * slope[0] + off[1] * slope[1];
        if (Math.abs(facing) <= 0.01) facing = 1e-6;
        const weight = Math.abs(facing * level * (1 / (square * Math.sqrt(square))));
        const change = slopeOf(place, wide, flags, value);
        total += weight * value(place);
        along -= weight * change[0] * off[0];
        down -= weight * change[1] * off[1];
        weights += weight;
      }
    const sum = total / weights + (along + down) / (Math.hypot(along, down) + 1e-20) + 0.5;
    made.data[((y - 1) * made.width + x - 1) * made.channels + c] = Math.min(Math.max(Math.trunc(sum), 0), 255);
  }
}

/** How a value changes across and down, by the neighbours that are known. */
function slopeOf(at, wide, flags, value) {
  return [1, wide].map((step) => {
    const [before, behind] = [flags[at - step] !== INSIDE, flags[at + step] !== INSIDE];
    if (before && behind) return (value(at + step) - value(at - step)) * 0.5;
    if (behind) return value(at + step) - value(at);
    return before ? value(at) - value(at - step) : 0;
  });
}

function colourAt(made, wide, place, c) {
  const x = Math.min(Math.max((place % wide) - 1, 0), made.width - 1);
  const y = Math.min(Math.max(Math.floor(place / wide) - 1, 0), made.height - 1);
  return made.data[(y * made.width + x) * made.channels + c];
}
