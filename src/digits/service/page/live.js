// Answers that keep up with the pen.

const PAUSE = 60; // milliseconds between a change and its answer while the pen is down

/**
 * Gives `ask(now)`: runs `task(signal)` soon after a change, and once more if there were changes
 * meanwhile. With `now` it runs at once and the one under way is abandoned, so that the newest
 * answer wins; only one is abandoned at a time, as whoever answers may still be busy with it.
 */
export function newestOnly(task) {
  let running = null, abandoned = false, timer = 0, again = false;

  async function run() {
    clearTimeout(timer);
    timer = 0;
    again = false;
    const mine = (running = new AbortController());
    await task(mine.signal);
    if (running !== mine) return;
    running = null;
    abandoned = false;
    if (again) run();
  }

  return function ask(now) {
    if (now && running && !abandoned) {
      abandoned = true;
      running.abort();
      run();
    } else if (running) again = true;
    else if (now) run();
    else if (!timer) timer = setTimeout(run, PAUSE);
  };
}
