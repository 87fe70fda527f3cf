// Shows the view "login".

import { element } from "./elements.js";

/** @param {HTMLElement} place */
export async function show(place) {
  place.append(element("h1", { text: "Login" }));
}
