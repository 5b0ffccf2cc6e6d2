/** What frames may spell, as `digits.model.ctc`: connectionist temporal classification.
 *
 * Frames are lists of the probabilities of every token; token 0 is the blank.
 */

import { argmax } from "../geometry.js";
import { constants } from "../reader.js";

const { BEAM, UNLIKELY, BLANK } = constants["model.ctc"];

/** Texts that frames may spell, [tokens, probability], the likeliest first. */
export function likeliest(frames) {
  let beam = new Map([["", { tokens: [], blank: 1, token: 0 }]]);
  for (const frame of frames) {
    if (frame[BLANK] > 1 - UNLIKELY)
      for (const each of beam.values()) Object.assign(each, { blank: each.blank + each.token, token: 0 });
    else beam = widest(oneFrameOn(beam, frame));
  }
  const texts = [...beam.values()].map(({ tokens, blank, token }) => [tokens, blank + token]);
  return texts.sort((a, b) => b[1] - a[1]);
}

function oneFrameOn(beam, frame) {
  const found = new Map();
  const at = (tokens) => {
    const key = tokens.join();
    if (!found.has(key)) found.set(key, { tokens, blank: 0, token: 0 });
    return found.get(key);
  };
  const likely = [...frame.keys()].filter((token) => token !== BLANK && frame[token] > UNLIKELY);
  for (const { tokens, blank, token: ended } of beam.values()) {
    at(tokens).blank += frame[BLANK] * (blank + ended);
    for (const token of likely) {
      const isSame = token === tokens.at(-1);
      if (isSame) at(tokens).token += frame[token] * ended;
      at([...tokens, token]).token += frame[token] * (isSame ? blank : blank + ended);
    }
  }
  return found;
}

function widest(beam) {
  const order = [...beam].sort((a, b) => b[1].blank + b[1].token - a[1].blank - a[1].token);
  return new Map(order.slice(0, BEAM));
}

/** The frames [first, behind the last] of each token on the likeliest path that spells them. */
export function align(frames, tokens) {
  const states = statesOf(tokens);
  const maySkip = states.map((state, s) => s > 1 && state !== BLANK && state !== states[s - 2]);
  let score = states.map((_, s) => (s === 0 ? 0 : -Infinity));
  const steps = frames.map((frame) => {
    const best = states.map((_, s) => {
      const ways = [score[s], s > 0 ? score[s - 1] : -Infinity, maySkip[s] ? score[s - 2] : -Infinity];
      const step = argmax(ways);
      return [step, ways[step]];
    });
    score = best.map(([, way], s) => way + Math.log(Math.max(frame[states[s]], 1e-30)));
    return best.map(([step]) => step);
  });
  let state = states.length - 1;
  if (tokens.length && score.at(-2) >= score.at(-1)) state--;
  const found = tokens.map(() => [Infinity, 0]);
  for (let t = frames.length - 1; t >= 0; t--) {
    const own = found[state >> 1];
    if (state % 2) [own[0], own[1]] = [t, Math.max(own[1], t + 1)];
    state -= steps[t][state];
  }
  return found;
}

/** Blanks before, between and after the tokens. */
const statesOf = (tokens) => [BLANK, ...tokens.flatMap((token) => [token, BLANK])];

/** The logarithm of the probability that frames spell these tokens (the forward algorithm). */
export function logLikelihood(frames, tokens) {
  const states = statesOf(tokens);
  let ways = states.map((_, s) => (s === 0 ? 1 : 0));
  let total = 0;
  for (const frame of frames) {
    const next = states.map((state, s) => {
      const maySkip = s > 1 && state !== BLANK && state !== states[s - 2];
      return (ways[s] + (s > 0 ? ways[s - 1] : 0) + (maySkip ? ways[s - 2] : 0)) * frame[state];
    });
    const scale = Math.max(next.reduce((sum, way) => sum + way, 0), 1e-300);
    ways = next.map((way) => way / scale);
    total += Math.log(scale);
  }
  const end = ways.at(-1) + (tokens.length ? ways.at(-2) : 0);
  return total + Math.log(Math.max(end, 1e-300));
}
