// One interface to whatever reads: the service, or the browser itself where there is none.
//
// An engine is a module with read(picture, {single, number, orientation, signal}) → reading (or a
// list of them, one a page) and layers(tile, {signal}) → {layers, probabilities, heatmap}. A picture
// is a file (Blob) or an ImageData.

import * as server from "./server.js";

const wanted = document.querySelector('meta[name="digits-engine"]')?.content;
let inBrowser = wanted === "browser";

/** Whether pictures are read in this browser and go nowhere. */
export const isLocal = () => inBrowser;

export const read = (picture, options) => ask("read", picture, options);
export const layers = (tile, options) => ask("layers", tile, options);

async function ask(name, ...given) {
  if (inBrowser) return (await local())[name](...given);
  try {
    return await server[name](...given);
  } catch (error) {
    if (!(error instanceof server.Unreachable)) throw error;
    const engine = await local().catch(() => { throw error; });
    inBrowser = true;
    document.dispatchEvent(new Event("enginechange"));
    return engine[name](...given);
  }
}

const local = () => import("./engine/engine.js");

// the first stroke shall not wait for the networks; should they be missing, its reading says so
if (inBrowser) local().then((engine) => engine.open()).catch(() => {});
