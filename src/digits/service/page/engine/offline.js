/** The service worker: keeps FILES under the name of their VERSION, and answers from there.
 *
 * Both are written before this text by `digits.service.site`.
 */

const OWN = `digits ${registration.scope} `;
const CACHE = OWN + VERSION;
const pathOf = (address) => decodeURIComponent(new URL(address, registration.scope).pathname);
const kept = new Map(FILES.map((name) => [pathOf(name), new URL(name, registration.scope).href]));

addEventListener("install", (event) => {
  // what the page has just fetched is asked for again, and only sent if it has changed
  const all = [...kept.values()].map((address) => new Request(address, { cache: "no-cache" }));
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(all)).then(() => skipWaiting()),
  );
});

addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(OWN) && name !== CACHE;
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => clients.claim()),
  );
});

addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const address = kept.get(pathOf(url).replace(/\/index\.html$/, "/"));
  if (method !== "GET" || !address || new URL(url).origin !== location.origin) return;
  event.respondWith(
    caches.open(CACHE)
      .then((cache) => cache.match(address))
      .then((found) => found ?? fetch(event.request)),
  );
});
