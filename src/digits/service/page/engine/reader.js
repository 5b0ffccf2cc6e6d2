/** What `digits export page` writes beside the networks: fitted parameters, calibration, constants.
 *
 * Nothing of it is repeated in these modules: `reader.parameters` has the names of
 * `digits.model.parameters`, `constants[module]` those of the Python module that a part follows.
 */

const answer = await fetch(new URL("reader.json", import.meta.url));
if (!answer.ok) throw new Error(`reader.json is missing (${answer.status}); export the page again`);

export const reader = await answer.json();
export const { parameters, constants, networks } = reader;
