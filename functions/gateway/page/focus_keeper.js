/**
 * Keeps the focus where people work when what has it is taken away, hidden or disabled.
 *
 * An entry that is drawn anew, or a button that is of no use any more, would leave the focus on the
 * document: the next Tab may begin at the top of the page, and a screen reader says nothing.
 */

/** What can be pressed; a field would open the keyboard of a telephone. */
const PRESSABLE = "button:not([disabled]), a[href], summary";

/** What had the focus last, and what it was in, from the inside out. @type {Element[]} */
let path = [];

/** @param {HTMLElement} main takes the focus if nothing nearer can */
export function keepFocus(main) {
  document.addEventListener("focusin", ({ target }) => {
    path = target instanceof Element ? withAncestors(target) : [];
  });
  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    const isPassedOn = relatedTarget !== null || !document.hasFocus();
    if (!isPassedOn) queueMicrotask(() => forgetIfLeft(target));
  });
  const observer = new MutationObserver(() => bringBack(main));
  const attributeFilter = ["disabled", "hidden"];
  observer.observe(document.body, { childList: true, subtree: true, attributeFilter });
}

/**
 * Forgets what people have left themselves, such as by a press beside it. While the event is sent, what
 * is taken away is still there.
 *
 * @param {EventTarget | null} target
 */
function forgetIfLeft(target) {
  if (target === path[0] && path[0]?.isConnected) path = [];
}

/** @param {HTMLElement} main */
function bringBack(main) {
  const [lost] = path;
  const active = document.activeElement;
  if (lost === undefined || canHaveFocus(lost) || (active !== document.body && active !== lost)) return;
  const around = path.filter((each) => each.isConnected && main.contains(each) && each !== main);
  path = [];
  const [target] = around.map((near) => successor(lost, near)).filter((each) => each !== undefined);
  (target ?? main).focus({ preventScroll: true });
}

/** @param {Element} shown */
function canHaveFocus(shown) {
  return shown.isConnected && !shown.matches(":disabled") && shown.closest("[hidden]") === null;
}

/**
 * @param {Element} lost
 * @param {Element} near
 * @returns {HTMLElement | undefined} what is called like the lost one, or else the first to be pressed
 */
function successor(lost, near) {
  const candidates = /** @type {HTMLElement[]} */ ([...near.querySelectorAll(PRESSABLE)]);
  const shown = candidates.filter((each) => each.checkVisibility());
  return shown.find((each) => nameOf(each) === nameOf(lost)) ?? shown[0];
}

/** @param {Element} shown */
function nameOf(shown) {
  return shown.getAttribute("aria-label") ?? shown.textContent;
}

/** @param {Element} inner */
function withAncestors(inner) {
  const found = [];
  for (let each = /** @type {Element | null} */ (inner); each !== null; each = each.parentElement) found.push(each);
  return found;
}
