// Makes elements of the page. Everything that people said, wrote or named becomes text, never markup.

/**
 * Returns a new element.
 * @param {string} tag
 * @param {{class?: string, text?: string, attributes?: Record<string, string | number | boolean | null>}} [options]
 *   An attribute that is true is set without a value; one that is false or null is left out.
 * @param {(Node | string)[]} [children] Texts become text nodes.
 * @returns {any} the element; of any type, so that callers need not say which
 */
export function element(tag, options = {}, children = []) {
  const made = document.createElement(tag);
  if (options.class) made.className = options.class;
  if (options.text !== undefined) made.textContent = options.text;
  for (const [name, value] of Object.entries(options.attributes ?? {})) {
    if (value === false || value === null) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/**
 * Returns a button that calls a function when it is pressed.
 * @param {string} text
 * @param {() => void} press
 * @param {{class?: string, attributes?: Record<string, string | number | boolean | null>}} [options]
 */
export function button(text, press, options = {}) {
  const attributes = { type: "button", ...options.attributes };
  const made = element("button", { class: options.class, text, attributes });
  made.addEventListener("click", press);
  return made;
}

/**
 * Returns a link that looks like one, or like a button with the class "button".
 * @param {string} text
 * @param {string} address
 * @param {{class?: string, attributes?: Record<string, string | number | boolean | null>}} [options]
 */
export function link(text, address, options = {}) {
  const attributes = { href: address, ...options.attributes };
  return element("a", { class: options.class, text, attributes });
}

/**
 * Shows a message in a corner, which a screen reader reads out. Returns a function that takes it away.
 * @param {string} text
 * @param {{kind?: "good" | "bad" | "plain", seconds?: number, action?: {text: string, press: () => void}}} [options]
 *   A message of the kind "bad" stays until it is closed.
 */
export function toast(text, options = {}) {
  const kind = options.kind ?? "plain";
  const box = element("div", { class: `toast ${kind}` }, [element("p", { text })]);
  const close = () => box.remove();
  const { action } = options;
  if (action) {
    box.append(button(action.text, () => { close(); action.press(); }, { class: "quiet" }));
  }
  box.append(button("×", close, { class: "quiet close", attributes: { "aria-label": "Close" } }));
  document.getElementById("toasts")?.append(box);
  if (kind !== "bad") setTimeout(close, (options.seconds ?? 6) * 1000);
  return close;
}

/**
 * Asks a question in a dialog, and returns whether it was answered with yes.
 * @param {{title: string, text: string, yes: string, no?: string, isDangerous?: boolean}} question
 * @returns {Promise<boolean>}
 */
export function confirmed(question) {
  return new Promise((resolve) => {
    let answer = false;
    const yes = () => { answer = true; dialog.close(); };
    const kind = question.isDangerous ? "dangerous" : "primary";
    const buttons = [
      button(question.no ?? "Cancel", () => dialog.close()),
      button(question.yes, yes, { class: kind }),
    ];
    const content = [element("p", { text: question.text }), element("div", { class: "buttons" }, buttons)];
    const dialog = openDialog(question.title, content, () => resolve(answer));
    if (question.isDangerous) buttons[0].focus();
    else buttons[1].focus();
  });
}

let dialogs = 0;

/**
 * Opens a modal dialog, and returns it. Escape closes it; afterwards the focus is where it was.
 * @param {string} title
 * @param {(Node | string)[]} content
 * @param {() => void} [closed] is called once it is closed
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, content, closed = () => {}) {
  dialogs += 1;
  const id = `dialog-${dialogs}`;
  const heading = element("h2", { text: title, attributes: { id } });
  const dialog = element("dialog", { attributes: { "aria-labelledby": id } }, [heading, ...content]);
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
    closed();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
