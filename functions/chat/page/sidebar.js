// The list of conversations: search, open, rename, delete.

import { announce, byId, confirmed, el, iconButton, markCurrent } from "./dom.js";

const TYPING = 250;

export class Sidebar {
  #client;
  #gone;
  #list = byId("conversations");
  #current = null;
  #search = "";
  #next = null;

  /** `gone(id)` is told that a conversation was deleted. */
  constructor({ client, gone }) {
    this.#client = client;
    this.#gone = gone;
    let timer = null;
    byId("search").addEventListener("input", (event) => {
      clearTimeout(timer);
      this.#search = event.target.value.trim();
      timer = setTimeout(() => this.refresh(), TYPING);
    });
  }

  async refresh() {
    const page = await this.#page();
    this.#next = page.next;
    this.#list.replaceChildren(...page.conversations.map((each) => this.#item(each)));
    if (!page.conversations.length) this.#list.append(el("li", { class: "note" }, this.#search ? "Nothing found." : "No conversations yet."));
    this.#addMore();
  }

  select(id) {
    this.#current = id;
    for (const link of this.#list.querySelectorAll("a")) markCurrent(link, link.dataset.id === id);
  }

  #page(after) {
    const query = new URLSearchParams({ limit: "40", ...(this.#search && { search: this.#search }), ...(after && { after }) });
    return this.#client.json("GET", `/api/conversations?${query}`);
  }

  #addMore() {
    if (!this.#next) return;
    const more = el("li", {}, el("button", { type: "button", class: "quiet", onclick: () => this.#more(more) }, "Show older ones"));
    this.#list.append(more);
  }

  async #more(button) {
    const page = await this.#page(this.#next);
    this.#next = page.next;
    button.replaceWith(...page.conversations.map((each) => this.#item(each)));
    this.#addMore();
  }

  #item(conversation) {
    const link = el("a", { href: `#/c/${conversation.id}`, "data-id": conversation.id, title: conversation.title }, conversation.title);
    markCurrent(link, conversation.id === this.#current);
    const item = el(
      "li",
      {},
      link,
      iconButton("pencil", `Rename “${conversation.title}”`, () => this.#edit(item, link, conversation)),
      iconButton("trash", `Delete “${conversation.title}”`, () => this.#delete(conversation)),
    );
    return item;
  }

  #edit(item, link, conversation) {
    const field = el("input", { "aria-label": "Title", maxlength: "200" });
    field.value = conversation.title;
    let isOver = false;
    const end = async (keep) => {
      if (isOver) return;
      isOver = true;
      const title = field.value.trim();
      if (keep && title && title !== conversation.title) conversation = await this.#rename(conversation, title);
      const fresh = this.#item(conversation);
      item.replaceWith(fresh);
      fresh.querySelector("a").focus();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") end(true);
      if (event.key === "Escape") end(false);
    });
    field.addEventListener("blur", () => end(true));
    item.replaceChildren(field);
    field.select();
  }

  async #rename(conversation, title) {
    try {
      return await this.#client.json("PATCH", `/api/conversations/${conversation.id}`, { title });
    } catch (problem) {
      announce(problem.message);
      return conversation;
    }
  }

  async #delete({ id, title }) {
    if (!(await confirmed(`Delete “${title}” with all its messages?`, "Delete"))) return;
    try {
      await this.#client.json("DELETE", `/api/conversations/${id}`);
      announce("Deleted.");
      this.#gone(id);
      await this.refresh();
    } catch (problem) {
      announce(problem.message);
    }
  }
}
