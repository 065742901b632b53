// Turns what a model wrote, which may repeat what a document's author planted, into nodes that can do no harm.

import { el } from "./dom.js";
import { Marked } from "./vendor/marked/marked.esm.js";
import "./vendor/dompurify/purify.min.js";

const marked = new Marked({ gfm: true, breaks: false });
// `[1]: https://…` would turn every citation [1] into a link of the model's choice: no text is a definition.
marked.use({ tokenizer: { def: () => undefined } });

const STRICT = {
  ALLOWED_TAGS: (
    "p br strong em code pre ul ol li h1 h2 h3 h4 blockquote table thead tbody tr th td a hr del sup"
  ).split(" "),
  ALLOWED_ATTR: ["href", "title", "start", "align"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

const CITATION = /\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]/g;

/** Returns the source of each block of a text: a paragraph, a list, a code block. */
export function blocks(text) {
  return marked.lexer(text).filter((token) => token.type !== "space").map((token) => token.raw);
}

/** Returns a block as a fragment; `cite(number)` makes the button of a citation, or null when there is no such source. */
export function render(block, cite) {
  const fragment = globalThis.DOMPurify.sanitize(marked.parse(block), STRICT);
  for (const link of fragment.querySelectorAll("a")) harden(link);
  for (const table of fragment.querySelectorAll("table")) scrollable(table);
  for (const text of textNodes(fragment)) text.replaceWith(...withCitations(text.data, cite));
  for (const code of fragment.querySelectorAll("pre")) addCopy(code);
  return fragment;
}

function harden(link) {
  link.rel = "noopener noreferrer nofollow";
  link.target = "_blank";
  // What a link says is not where it leads; the host is.
  if (link.host && !link.textContent.includes(link.host)) link.append(el("span", { class: "host" }, ` (${link.host})`));
}

function scrollable(table) {
  const frame = el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table" });
  table.replaceWith(frame);
  frame.append(table);
}

function textNodes(fragment) {
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    if (!walker.currentNode.parentElement?.closest("code, a")) found.push(walker.currentNode);
  }
  return found;
}

function withCitations(text, cite) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(CITATION)) {
    const buttons = match[1].split(",").map((number) => cite(Number(number)));
    if (buttons.includes(null)) continue;
    nodes.push(text.slice(end, match.index), ...buttons);
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}

function addCopy(pre) {
  const copy = el("button", { type: "button", class: "copy" }, "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(pre.textContent);
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  });
  const frame = el("div", { class: "code" });
  pre.replaceWith(frame);
  pre.setAttribute("tabindex", "0");
  frame.append(pre, copy);
}
