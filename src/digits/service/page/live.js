// Answers that keep up with the pen.

const PAUSE = 300; // milliseconds at most between a change and its answer while the pen is down

/**
 * Gives `ask(now)`: runs `task(signal)` soon after a change, and once more if there were changes
 * meanwhile. Between two runs it waits as long as the last one took: whoever answers is then likely
 * to be idle when the pen is lifted. With `now` it runs at once and the one under way is abandoned,
 * so that the newest answer wins; only one is abandoned at a time, as whoever answers may still be
 * busy with it. `ask.stop()` abandons all.
 */
export function newestOnly(task) {
  let running = null, abandoned = false, timer = 0, next = null, took = 0;

  async function run() {
    clearTimeout(timer);
    timer = 0;
    next = null;
    const mine = (running = new AbortController()), begun = performance.now();
    await task(mine.signal);
    if (running !== mine) return;
    running = null;
    abandoned = false;
    took = performance.now() - begun;
    if (next) ask(next === "now");
  }

  function ask(now) {
    if (now && running && !abandoned) {
      abandoned = true;
      running.abort();
      run();
    } else if (running) next = now ? "now" : next ?? "soon";
    else if (now) run();
    else timer ||= setTimeout(run, Math.min(took, PAUSE));
  }

  ask.stop = () => {
    clearTimeout(timer);
    timer = 0;
    next = null;
    running?.abort();
  };
  return ask;
}
