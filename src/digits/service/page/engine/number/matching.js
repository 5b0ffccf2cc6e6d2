/** Which places of two texts belong together, as Python's difflib.SequenceMatcher finds them:
 * the longest common part first, then what is left and right of it. */

/** Pairs of [place in text, digit of other]. */
export function matched(text, other) {
  if (text.length === other.length) return [...other.entries()];
  const pairs = [];
  let [i, j] = [0, 0];
  const blocks = commonParts(text, other, 0, text.length, 0, other.length);
  for (const [start, from, size] of [...blocks, [text.length, other.length, 0]]) {
    for (let k = 0; i + k < start && j + k < from; k++) pairs.push([i + k, other[j + k]]);
    for (let k = 0; k < size; k++) pairs.push([start + k, other[from + k]]);
    [i, j] = [start + size, from + size];
  }
  return pairs;
}

function commonParts(text, other, low, high, start, end) {
  let [place, from, size] = [low, start, 0];
  for (let i = low; i < high; i++)
    for (let j = start; j < end; j++) {
      let k = 0;
      while (i + k < high && j + k < end && text[i + k] === other[j + k]) k++;
      if (k > size) [place, from, size] = [i, j, k];
    }
  if (!size) return [];
  return [
    ...commonParts(text, other, low, place, start, from),
    [place, from, size],
    ...commonParts(text, other, place + size, high, from + size, end),
  ];
}
