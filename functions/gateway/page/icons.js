// Small drawings for buttons, which have names of their own for screen readers.

const PATHS = {
  play: "M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.9-6.8a.8.8 0 0 0 0-1.4L9.2 4.5A.8.8 0 0 0 8 5.2z",
  pause: "M7 4.5h3.2v15H7zM13.8 4.5H17v15h-3.2z",
  back: "M11.5 5 5 11.5l6.5 6.5v-4.6l6.5 4.6V5l-6.5 4.6z",
  forward: "M12.5 5l6.5 6.5-6.5 6.5v-4.6L6 18V5l6.5 4.6z",
  find: "M10.5 4a6.5 6.5 0 1 0 4 11.6l4.4 4.4 1.4-1.4-4.4-4.4A6.5 6.5 0 0 0 10.5 4zm0 2a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z",
  link: "M10.6 13.4a1 1 0 0 1 0-1.4 1 1 0 0 1 1.4 0 2 2 0 0 0 2.8 0l3.2-3.2a2 2 0 0 0-2.8-2.8L14 7.2a1 1 0 0 1-1.4-1.4l1.2-1.2a4 4 0 0 1 5.6 5.6l-3.2 3.2a4 4 0 0 1-5.6 0zM13.4 10.6a1 1 0 0 1-1.4 1.4 2 2 0 0 0-2.8 0L6 15.2A2 2 0 0 0 8.8 18l1.2-1.2a1 1 0 0 1 1.4 1.4l-1.2 1.2a4 4 0 0 1-5.6-5.6l3.2-3.2a4 4 0 0 1 5.6 0z",
  up: "M12 7.5 4.5 15l1.4 1.4 6.1-6.1 6.1 6.1 1.4-1.4z",
  down: "M12 16.5 4.5 9l1.4-1.4 6.1 6.1 6.1-6.1L19.5 9z",
};

/**
 * @param {keyof typeof PATHS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  drawing.append(path);
  return drawing;
}
