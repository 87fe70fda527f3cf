// Chooses the view by the address: "/" recordings, "/?job=ID#t=73.2" one recording, "/?view=settings".
//
// Each view is a module that exports `show(place, query)`. It fills the element `place`, and may
// return a function that is called before another view takes its place. Going from one view to
// another loads no document, so that uploads go on.

import { account, loadAccount, logIn, logOut } from "./account.js";
import { ApiProblem, session } from "./api.js";
import { button, element, link, toast } from "./elements.js";
import { keepFocus } from "./focus_keeper.js";
import { codeOfAddress, loginDialog, loginView } from "./login.js";

const VIEWS = {
  recordings: () => import("./recordings.js"),
  recording: () => import("./recording_view.js"),
  settings: () => import("./settings.js"),
};
const TITLES = { recordings: "Recordings", recording: "Recording", settings: "Settings" };

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const header = /** @type {HTMLElement} */ (document.getElementById("header"));

/** @type {(() => void) | void} */
let leave;
let shown = 0;
let isLoginAsked = false;

async function start() {
  keepFocus(main);
  document.addEventListener("click", followLink);
  window.addEventListener("popstate", onHistory);
  window.addEventListener("unhandledrejection", showProblem);
  try {
    await begin(codeOfAddress());
  } catch (error) {
    main.replaceChildren(problemBox(error, () => location.reload()));
  }
}

/** Shows a problem of the API that no view has handled. @param {PromiseRejectionEvent} event */
function showProblem(event) {
  if (!(event.reason instanceof ApiProblem)) return;
  event.preventDefault();
  const asksForLogin = event.reason.status === 401;
  if (!asksForLogin) toast(event.reason.message, { kind: "bad" });
}

/**
 * Who is logged in already stays so: an address of somebody else must not change whose recordings
 * are shown, and where new ones go.
 * @param {string | null} code
 */
async function begin(code) {
  const isLoggedIn = await loadAccount();
  if (code !== null && !isLoggedIn) await logInWith(code);
  session.addEventListener("ended", askForLogin);
  if (account().id === "") {
    await askForLogin();
    return;
  }
  await showView(false);
  if (code !== null && isLoggedIn) offerLogin(code);
}

/** @param {string} code */
async function logInWith(code) {
  try {
    await logIn({ code });
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    toast(`${error.message} The command “dropscribe page” prints a new address.`, { kind: "bad" });
  }
}

/** @param {string} code */
function offerLogin(code) {
  const press = async () => {
    await logInWith(code);
    await showView(true);
  };
  const text = `You were logged in already, as “${account().name}”.`;
  toast(text, { seconds: 12, action: { text: "Log in anew", press } });
}

/** Shows the view of the address. @param {boolean} movesFocus */
async function showView(movesFocus) {
  leave?.();
  leave = undefined;
  shown += 1;
  const number = shown;
  const query = new URLSearchParams(location.search);
  const name = viewName(query);
  document.title = `${TITLES[name]} – Dropscribe`;
  drawHeader(name);
  const place = element("div", { class: `view ${name}-view` });
  main.replaceChildren(place);
  try {
    const view = await VIEWS[name]();
    const end = await view.show(place, query);
    if (number === shown) leave = end;
    else end?.();
  } catch (error) {
    if (number === shown) place.replaceChildren(problemBox(error, () => showView(true)));
  }
  if (movesFocus && number === shown) focusHeading(place);
}

/** @param {URLSearchParams} query */
function viewName(query) {
  if (query.has("job")) return "recording";
  return query.get("view") === "settings" ? "settings" : "recordings";
}

/** Moves the focus to the view's heading, which screen readers then read. @param {HTMLElement} place */
function focusHeading(place) {
  const heading = place.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  const target = heading ?? main;
  target.focus({ preventScroll: true });
  if (location.hash === "") window.scrollTo(0, 0);
}

/** @param {string} current */
function drawHeader(current) {
  const views = [
    ["recordings", "Recordings", "./"],
    ["settings", "Settings", "./?view=settings"],
  ];
  const links = views.map(([name, text, address]) =>
    link(text, address, { attributes: { "aria-current": name === current && "page" } }));
  const leaveButton = button("Log out", leaveSession, { class: "quiet", attributes: { title: account().name } });
  const nav = element("nav", { attributes: { "aria-label": "Views" } }, [...links, leaveButton]);
  const brand = element("a", { class: "brand", attributes: { href: "./" } }, brandParts());
  header.replaceChildren(brand, nav);
}

function brandParts() {
  const sign = element("img", { attributes: { src: "page/icon.svg", alt: "", width: 28, height: 28 } });
  return [sign, element("span", { text: "Dropscribe" })];
}

/** @param {unknown} error @param {() => void} again */
function problemBox(error, again) {
  const isKnown = error instanceof ApiProblem;
  if (!isKnown) console.error(error);
  const title = (isKnown && error.title) || "Something went wrong.";
  const text = isKnown ? error.message : "The page has an error. Its text is in the browser's console.";
  const box = [element("h1", { text: title }), element("p", { text })];
  return element("div", { class: "card problem", attributes: { role: "alert" } },
    [...box, element("div", { class: "buttons" }, [button("Try again", again)])]);
}

// Addresses

/** Shows another view of this document without loading it again. @param {MouseEvent} event */
function followLink(event) {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const target = event.target instanceof Element ? event.target.closest("a") : null;
  if (!target || target.target || target.hasAttribute("download")) return;
  if (target.origin !== location.origin || target.pathname !== location.pathname) return;
  if (target.search === location.search && target.hash) return;
  event.preventDefault();
  history.pushState(null, "", target.href);
  currentSearch = location.search;
  showView(true);
}

let currentSearch = location.search;

/** Goes back or forward; a change of the fragment alone is the view's own matter. */
function onHistory() {
  if (location.search === currentSearch) return;
  currentSearch = location.search;
  showView(true);
}

// The session

/** Shows the login once. Behind it stays what was shown, so that nothing that was typed is lost. */
async function askForLogin() {
  if (isLoginAsked) return;
  isLoginAsked = true;
  const before = account();
  if (before.id) {
    await loginDialog();
  } else {
    header.replaceChildren(element("span", { class: "brand" }, brandParts()));
    document.title = "Log in – Dropscribe";
    await loginView(main);
  }
  isLoginAsked = false;
  const isSame = before.id === account().id;
  const isShown = main.querySelector(":scope > .view > .problem") === null;
  session.dispatchEvent(new Event("begun"));
  if (!isSame || !isShown) await showView(true);
}

async function leaveSession() {
  await logOut();
  leave?.();
  leave = undefined;
  shown += 1;
  toast("You are logged out.", { kind: "good" });
  askForLogin();
}

start();
