// Teaching: a profile of one hand, made from corrections.

import { $, count, el } from "./dom.js";
import { isLocal } from "./reader.js";
import * as server from "./server.js";

let tellOthers = () => {};

/** Once. `changed()` is called when digits are read in another way from now on. */
export async function setUpTeaching(changed) {
  tellOthers = changed;
  await showTeaching();
}

/** Shows the profile's state; again whenever corrections change. */
export async function showTeaching() {
  const off = { enabled: false };
  render(isLocal() ? off : await server.profile().catch(() => off));
}

function render(profile) {
  if (!profile.enabled) {
    $("teach-body").replaceChildren(el("p", {}, "Your hand is taught from your corrections, which are off."));
    return;
  }
  const waits = profile.needed > 0;
  $("teach-body").replaceChildren(
    el("p", { role: "status" }, sentence(profile)),
    reference(profile),
    el("div", { class: "tools" },
      el("button", { type: "button", class: "primary", disabled: waits, onclick: () => act(server.teach) }, "Teach it my corrections"),
      profile.in_use ? el("button", { type: "button", onclick: () => act(server.undoTeaching) }, "Undo: as it came") : ""));
}

async function act(task) {
  const body = $("teach-body");
  body.setAttribute("aria-busy", "true");
  for (const button of body.querySelectorAll("button")) button.disabled = true;
  try {
    render(await task());
    tellOthers();
  } catch (error) {
    await showTeaching();
    body.append(el("p", { class: "error", role: "alert" }, error.message));
  }
  body.removeAttribute("aria-busy");
}

/** The state in one sentence. */
function sentence(profile) {
  const { n, before, after, interval, level, needed, confirmed, corrected } = profile;
  if (needed > 0) return `Not enough yet: ${needed} more, confirmed as right.`;
  if (n == null) return `${count(confirmed, "confirmed digit")} and ${corrected} corrected can teach it your hand; the model that came along stays as it is.`;
  const points = (share) => (100 * share).toFixed(1).replace("-", "−");
  const tested = `tested on ${n} of your digits, each read without its own lesson: ${count(before, "error")} before, ${after} after`
    + (interval ? ` (${Math.round(100 * level)} % interval of the change: ${points(interval[0])} to ${points(interval[1])} points)` : "");
  return `Your hand's profile is ${profile.in_use ? "in use" : "not in use, as it does not read better"}; ${tested}.`;
}

function reference({ reference: other }) {
  if (!other) return "";
  return el("p", { class: "faint" }, `Other people's digits (${other.data}, n = ${other.n.toLocaleString("en")}): ${count(other.errors_before, "error")} before, ${other.errors_after} after.`);
}
