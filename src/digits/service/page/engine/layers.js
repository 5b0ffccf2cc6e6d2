/** What each layer of the classifier makes of a tile. */

export async function layersOf() {
  throw new Error("without the service, the layers are not shown");
}
