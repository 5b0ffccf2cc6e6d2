// Teaching: a profile of one hand, made from corrections.

import { $, count, el, percent } from "./dom.js";
import { keptIn } from "./correct.js";
import * as server from "./server.js";

/** Shows the profile's state; again whenever corrections change. */
export async function showTeaching() {
  const body = $("teach-body");
  if (!keptIn()) {
    body.replaceChildren(el("p", {}, "Your hand can be taught from corrections, which are off."));
    return;
  }
  try {
    render(await server.profile());
  } catch (error) {
    body.replaceChildren(el("p", { class: "error" }, error.message));
  }
}

function render(profile) {
  const act = (task) => async () => {
    $("teach-body").setAttribute("aria-busy", "true");
    try {
      render((await task()) ?? (await server.profile()));
    } catch (error) {
      $("teach-body").append(el("p", { class: "error", role: "alert" }, error.message));
    }
    $("teach-body").removeAttribute("aria-busy");
  };
  $("teach-body").replaceChildren(
    el("p", { role: "status" }, sentence(profile)),
    el("div", { class: "tools" },
      el("button", { type: "button", class: "primary", disabled: profile.needed > 0, onclick: act(server.teach) }, "Teach it my corrections"),
      profile.in_use ? el("button", { type: "button", onclick: act(server.undoTeaching) }, "Undo: as it came") : null));
}

/** The state in one sentence. */
function sentence(profile) {
  if (profile.needed > 0) return `Not enough yet: ${profile.needed} more.`;
  if (profile.n === undefined) return "Enough is kept to teach it your hand.";
  const [low, high] = profile.interval ?? [];
  const found = `On ${count(profile.n, "digit")} of yours kept for the test: ${count(profile.before, "error")} before, ${profile.after} after`
    + (low === undefined ? "" : ` (95 % interval of the change: ${percent(low)} to ${percent(high)})`);
  return profile.in_use ? `Your profile is in use. ${found}.` : `Your profile is not in use, because it does not read better. ${found}.`;
}
