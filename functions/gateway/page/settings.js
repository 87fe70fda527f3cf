// Settings: the own key, all keys, webhooks, and the deployment.

import { may } from "./account.js";
import { session } from "./api.js";
import { element } from "./elements.js";
import { deploymentSection } from "./settings_deployment.js";
import { keysSection, ownKeySection } from "./settings_keys.js";
import { webhooksSection } from "./settings_webhooks.js";

/** @param {HTMLElement} place @returns {Promise<() => void>} a function that ends the view */
export async function show(place) {
  const stop = new AbortController();
  session.addEventListener("begun", () => draw(place), { signal: stop.signal });
  draw(place);
  return () => stop.abort();
}

/** @param {HTMLElement} place */
function draw(place) {
  const heading = element("h1", { text: "Settings" });
  const sections = [ownKeySection()];
  if (may("admin")) sections.push(keysSection());
  if (may("admin") && may("read")) sections.push(webhooksSection());
  sections.push(deploymentSection());
  place.replaceChildren(element("div", { class: "view-title" }, [heading]), ...sections);
}
