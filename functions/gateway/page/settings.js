// Shows the view "settings".

import { element } from "./elements.js";

/** @param {HTMLElement} place */
export async function show(place) {
  place.append(element("h1", { text: "Settings" }));
}
