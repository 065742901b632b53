// Makes elements. Nothing here or elsewhere on the page takes HTML as text; only markdown.js does, and sanitises it.

const SVG = "http://www.w3.org/2000/svg";

/** Returns a new element: `on…` attributes are listeners, true is an attribute without value, null and false none. */
export function el(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Returns a new element of a drawing, as `el` does. */
export function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes = {}, children = []) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Returns one of the icons that index.html defines. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#icon-${name}` }));
}

/** Returns a button that shows an icon and tells its label. */
export function iconButton(name, label, onclick, more = {}) {
  return el("button", { type: "button", class: "quiet", "aria-label": label, title: label, onclick, ...more }, icon(name));
}

export const byId = (id) => document.getElementById(id);

/** Marks a link as the place where one is, or as another. */
export function markCurrent(link, isCurrent) {
  if (isCurrent) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

/** Tells those who listen instead of looking. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/** Asks before something is gone; resolves to whether it may go. */
export function confirmed(question, action) {
  return new Promise((resolve) => {
    const close = (answer) => () => {
      dialog.close();
      resolve(answer);
    };
    const dialog = el(
      "dialog",
      { class: "small", "aria-label": question, oncancel: () => resolve(false), onclose: () => dialog.remove() },
      el("p", {}, question),
      el(
        "div",
        { class: "actions" },
        el("button", { type: "button", onclick: close(false) }, "Cancel"),
        el("button", { type: "button", class: "danger", onclick: close(true) }, action),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
