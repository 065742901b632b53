// The documents: put some in, watch them become ready, find, and delete.

import { announce, byId, confirmed, el, icon, iconButton } from "./dom.js";
import { fileName } from "./sources.js";
import { doubles, dropped, eachOf, megabytes, missingText, upload } from "./uploads.js";

const POLL = 2500;
const MOST = 500;

export class Documents {
  #client;
  #changed;
  #documents = [];
  #timer = null;
  #isShown = false;

  /** `changed(documents)` is told what there is whenever that is known anew. */
  constructor({ client, changed }) {
    this.#client = client;
    this.#changed = changed;
    const add = (event) => this.add([...event.target.files]);
    byId("files").addEventListener("change", add);
    byId("folder").addEventListener("change", add);
    byId("pick-files").addEventListener("click", () => byId("files").click());
    byId("pick-folder").addEventListener("click", () => byId("folder").click());
    byId("clear-uploads").addEventListener("click", () => {
      for (const row of byId("uploads").querySelectorAll(".ready")) row.remove();
    });
    for (const id of ["filter", "filter-status", "filter-collection"]) byId(id).addEventListener("input", () => this.#render());
  }

  get isPossible() {
    return this.#client !== null;
  }

  async show() {
    this.#isShown = true;
    await this.refresh();
  }

  hide() {
    this.#isShown = false;
    clearTimeout(this.#timer);
  }

  async refresh() {
    clearTimeout(this.#timer);
    if (!this.isPossible) return this.#say("The page does not know the ingest function: set SLUICE_INGEST_URL on the chat function.");
    try {
      ({ documents: this.#documents } = await this.#client.json("GET", `/api/documents?limit=${MOST}`));
      this.#say("");
    } catch (problem) {
      this.#say(problem.message);
    }
    this.#render();
    this.#changed(this.#documents);
    const isBusy = this.#documents.some((each) => each.status === "pending" || each.status === "processing");
    if (isBusy && this.#isShown) this.#timer = setTimeout(() => this.refresh(), POLL);
  }

  /** Takes what was dropped anywhere on the page. */
  async drop(transfer) {
    await this.add(await dropped(transfer));
  }

  async add(files) {
    if (!this.isPossible || !files.length) return;
    const collection = byId("collection-name").value.trim();
    const rows = new Map(files.map((file) => [file, new UploadRow(file)]));
    byId("uploads").prepend(...[...rows.values()].map((row) => row.element));
    const refused = doubles(files);
    for (const file of refused) {
      const words = "Another of these files has this name and would be replaced.";
      rows.get(file).fail(words, () => (rows.get(file).restart(), this.#upload(file, collection, rows.get(file))));
    }
    await eachOf(files.filter((file) => !refused.includes(file)), (file) => this.#upload(file, collection, rows.get(file)));
    byId("files").value = byId("folder").value = "";
    await this.refresh();
  }

  async #upload(file, collection, row) {
    try {
      let last = null;
      for await (const step of upload(this.#client, file, collection)) row.show((last = step));
      if (!last.document) throw new Error("Its progress ended early; the list below says what becomes of it.");
    } catch (problem) {
      row.fail(problem.message, () => (row.restart(), this.#upload(file, collection, row)));
    }
    announce(row.words);
  }

  #say(text) {
    byId("documents-problem").textContent = text;
    byId("documents-problem").hidden = !text;
  }

  #render() {
    const collections = [...new Set(this.#documents.map((each) => each.collection))].sort();
    offer(byId("filter-collection"), "All collections", collections);
    byId("collections").replaceChildren(...collections.map((name) => el("option", { value: name })));
    const shown = this.#documents.filter(wanted());
    byId("documents").replaceChildren(...shown.map((each) => this.#row(each)));
    byId("documents-count").textContent = counted(shown.length, this.#documents.length);
  }

  #row(document) {
    const title = document.title || fileName(document.source);
    const about = [
      fileName(document.source) !== title && fileName(document.source),
      document.pages && `${document.pages} ${document.pages === 1 ? "page" : "pages"}`,
      document.status === "ready" && `${document.chunks} ${document.chunks === 1 ? "passage" : "passages"}`,
      document.size && megabytes(document.size),
      document.collection !== "default" && document.collection,
    ];
    return el(
      "li",
      { class: "document" },
      icon("file"),
      el("div", { class: "about" },
        el("p", { class: "title" }, title),
        el("p", { class: "note" }, about.filter(Boolean).join(" · ")),
        document.reason ? el("p", { class: "reason" }, document.reason) : null,
        missingText(document) ? el("p", { class: "reason missing" }, missingText(document)) : null,
      ),
      el("span", { class: `badge ${document.status}` }, stepWords(document)),
      document.status === "failed" ? iconButton("again", `Try “${title}” again`, () => this.#retry(document)) : null,
      iconButton("trash", `Delete “${document.title}”`, () => this.#delete(document)),
    );
  }

  async #retry(document) {
    try {
      await this.#client.json("POST", `/api/documents/${document.id}/retry`);
      announce("It waits to be read again.");
    } catch (problem) {
      announce(problem.message);
    }
    await this.refresh();
  }

  async #delete(document) {
    if (!(await confirmed(`Delete “${document.title}”? Answers will no longer find it.`, "Delete"))) return;
    try {
      await this.#client.json("DELETE", `/api/documents/${document.id}`);
      announce("Deleted.");
    } catch (problem) {
      announce(problem.message);
    }
    await this.refresh();
  }
}

/** A file on its way: its bar, its step in words, and what went wrong. */
class UploadRow {
  #bar = el("progress", { max: "1", value: "0" });
  #words = el("span", { class: "words" });
  #reason = el("p", { class: "reason", hidden: true });

  constructor(file) {
    this.#bar.setAttribute("aria-label", `Progress of ${file.name}`);
    this.name = file.name;
    this.#words.textContent = "Waiting";
    this.element = el("li", { class: "upload" }, el("span", { class: "title" }, file.name), this.#words, this.#bar, this.#reason);
  }

  get words() {
    return `${this.name}: ${this.#words.textContent}`;
  }

  show({ state, words, share, document }) {
    this.#bar.value = share;
    this.#words.textContent = { ready: "Ready", failed: "Failed" }[state] ?? words;
    this.element.className = `upload ${state === "ready" || state === "failed" ? state : ""}`;
    this.#because(state === "failed" ? document.reason : missingText(document ?? {}));
    this.#reason.classList.toggle("missing", state === "ready");
  }

  fail(message, again) {
    this.show({ state: "failed", share: 1, document: { reason: message } });
    this.#reason.append(" ", el("button", { type: "button", class: "link", onclick: again }, "Try again"));
  }

  restart() {
    this.show({ state: "sending", words: "Sending", share: 0 });
  }

  #because(text) {
    this.#reason.textContent = text;
    this.#reason.hidden = !text;
  }
}

function stepWords({ status, step, done, total }) {
  if (status !== "processing") return { ready: "Ready", failed: "Failed", pending: "Waiting" }[status] ?? status;
  return step === "embedded" && total ? `Embedding ${done} of ${total}` : "Processing";
}

function wanted() {
  const text = byId("filter").value.trim().toLowerCase();
  const status = byId("filter-status").value;
  const collection = byId("filter-collection").value;
  return (document) =>
    (!status || (status === "busy" ? ["pending", "processing"].includes(document.status) : document.status === status)) &&
    (!collection || document.collection === collection) &&
    (!text || `${document.title} ${fileName(document.source)}`.toLowerCase().includes(text));
}

function counted(shown, all) {
  if (!all) return "No documents yet.";
  const total = `${all} ${all === 1 ? "document" : "documents"}${all === MOST ? " (the newest)" : ""}`;
  return shown === all ? total : `${shown} of ${total}`;
}

/** Puts names into a select and keeps what was chosen. */
export function offer(select, all, names) {
  const chosen = select.value;
  select.replaceChildren(el("option", { value: "" }, all), ...names.map((name) => el("option", { value: name }, name)));
  select.value = names.includes(chosen) ? chosen : "";
}
