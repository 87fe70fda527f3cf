// A button that opens a list of actions. Escape, a press elsewhere and an action close it.

import { button, element } from "./elements.js";

let menus = 0;

/**
 * @param {string} label what the button is called
 * @param {() => {text: string, press: () => void, isDangerous?: boolean}[]} actions is asked at each opening
 * @returns {HTMLElement}
 */
export function menuButton(label, actions) {
  menus += 1;
  const id = `menu-${menus}`;
  const attributes = { "aria-label": label, "aria-expanded": "false", "aria-controls": id, title: label };
  const opener = button("", () => (list.hidden ? open() : close(true)), { class: "quiet dots", attributes });
  opener.append(element("span", { text: "⋯", attributes: { "aria-hidden": "true" } }));
  const list = element("div", { class: "menu-list", attributes: { id, hidden: true } });
  const box = element("div", { class: "menu" }, [opener, list]);

  const open = () => {
    const items = actions().map(({ text, press, isDangerous }) => {
      const chosen = () => { close(true); press(); };
      return button(text, chosen, { class: isDangerous ? "quiet danger-text" : "quiet" });
    });
    list.replaceChildren(...items);
    list.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    items[0]?.focus();
    document.addEventListener("pointerdown", closeElsewhere);
  };
  /** @param {boolean} focuses */
  const close = (focuses) => {
    list.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", closeElsewhere);
    if (focuses) opener.focus();
  };
  /** @param {PointerEvent} event */
  const closeElsewhere = (event) => {
    if (!(event.target instanceof Node) || !box.contains(event.target)) close(false);
  };
  box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (list.hidden) return;
    if (event.key === "Escape") close(true);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      moveFocus(list, step);
    }
  });
  box.addEventListener("focusout", (/** @type {FocusEvent} */ event) => {
    const next = event.relatedTarget;
    if (!list.hidden && next instanceof Node && !box.contains(next)) close(false);
  });
  return box;
}

/** @param {HTMLElement} list @param {number} step */
function moveFocus(list, step) {
  const items = /** @type {HTMLElement[]} */ ([...list.children]);
  const index = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  items.at((index + step) % items.length)?.focus();
}
