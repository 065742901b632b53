// Shows a growing text: blocks that have not changed are left alone, so that nothing flickers and selections stay.

import { el } from "./dom.js";
import { blocks, render } from "./markdown.js";

const PAUSE = 60;

export class LiveText {
  #element;
  #cite;
  #shown = [];
  #text = "";
  #timer = null;

  constructor(element, cite) {
    this.#element = element;
    this.#cite = cite;
  }

  /** Shows the text within 60 ms; of several in that time only the last. */
  show(text) {
    this.#text = text;
    this.#timer ??= setTimeout(() => this.flush(), PAUSE);
  }

  /** Shows the last text now. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const sources = blocks(this.#text);
    sources.forEach((source, index) => this.#showBlock(source, index));
    for (const gone of this.#shown.splice(sources.length)) gone.node.remove();
  }

  #showBlock(source, index) {
    const shown = this.#shown[index];
    if (shown?.source === source) return;
    const node = shown?.node ?? this.#element.appendChild(el("div", { class: "block" }));
    node.replaceChildren(render(source, this.#cite));
    this.#shown[index] = { source, node };
  }
}
