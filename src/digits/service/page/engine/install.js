/** Keeps the page for offline use, where the browser can. */

if ("serviceWorker" in navigator) {
  const script = new URL("../../service-worker.js", import.meta.url);
  navigator.serviceWorker.register(script).catch((error) => {
    console.info(`not kept for offline use: ${error.message}`);
  });
}
