// Chooses the view by the address: "/" recordings, "/?job=ID#t=73.2" one recording, "/?view=settings".
//
// Each view is a module that exports `show(place, query)`. It fills the element `place`, and may
// return a function that is called before another view takes its place.

import { session } from "./api.js";
import { element, link } from "./elements.js";

const VIEWS = {
  recordings: () => import("./recordings.js"),
  recording: () => import("./recording_view.js"),
  settings: () => import("./settings.js"),
  login: () => import("./login.js"),
};

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const header = /** @type {HTMLElement} */ (document.getElementById("header"));

/** @type {(() => void) | undefined} */
let leave;

/** @param {URLSearchParams} query */
function viewName(query) {
  if (query.has("job")) return "recording";
  if (query.get("view") === "settings") return "settings";
  return "recordings";
}

/** @param {string} current */
function drawHeader(current) {
  const home = link("Dropscribe", "./", { class: "brand" });
  const links = [
    link("Recordings", "./", { attributes: { "aria-current": current === "recordings" && "page" } }),
    link("Settings", "./?view=settings", {
      attributes: { "aria-current": current === "settings" && "page" },
    }),
  ];
  header.replaceChildren(home, element("nav", { attributes: { "aria-label": "Views" } }, links));
}

/** @param {keyof typeof VIEWS} name */
async function show(name) {
  leave?.();
  leave = undefined;
  drawHeader(name);
  const view = await VIEWS[name]();
  main.replaceChildren();
  leave = await view.show(main, new URLSearchParams(location.search));
}

session.addEventListener("ended", () => show("login"));
const name = location.hash.startsWith("#login=") ? "login" : viewName(new URLSearchParams(location.search));
show(/** @type {keyof typeof VIEWS} */ (name));
