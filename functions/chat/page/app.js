// Puts the parts of the page together, and shows what its address names.

import { Chat } from "./chat.js";
import { Client } from "./client.js";
import { isSignedIn } from "./credentials.js";
import { Documents, offer } from "./documents.js";
import { announce, byId, el, markCurrent } from "./dom.js";
import { Sidebar } from "./sidebar.js";
import { prepare, signIn, signOut } from "./signin.js";
import { Sources } from "./sources.js";
import { showUsage } from "./usage.js";
import { greeting } from "./welcome.js";

const VIEWS = ["chat", "documents-view", "usage-view"];
// A new title is written after the answer's end, sooner or later.
const TITLING = [1200, 6000];

const config = await fetch("config.json").then((answer) => answer.json()).catch(() => null);
const client = new Client(".", signIn); // relative to the page, which may stand below the name of a stage
const sources = new Sources(byId("sources"), client);
const documents = new Documents({ client: config?.ingest_url ? new Client(config.ingest_url, signIn) : null, changed: known });
const sidebar = new Sidebar({ client, gone: (id) => id === chat.conversationId && go("#/") });
let titling = null;
let stock = [];
const chat = new Chat({
  client,
  sources,
  welcome: () => greeting(stock, { ask: send, canAdd: documents.isPossible }),
  changed: (id) => {
    if (id && isChat()) history.replaceState(null, "", `#/c/${id}`);
    sidebar.select(id);
    refreshSoon(TITLING);
  },
});

/** What there is decides what can be asked, and where. */
function known(found) {
  stock = found;
  const ready = found.filter((each) => each.status === "ready");
  offer(byId("collection"), "All documents", [...new Set(ready.map((each) => each.collection))].sort());
  byId("collection").parentElement.hidden = byId("collection").options.length < 3;
  if (chat.conversationId === null && !chat.isRunning) chat.clear();
}

function refreshSoon([pause, ...later]) {
  clearTimeout(titling);
  titling = setTimeout(async () => {
    await sidebar.refresh().catch(tell);
    if (later.length && chat.isYoung) refreshSoon(later);
  }, pause);
}

function go(hash) {
  if (location.hash === hash) route();
  else location.hash = hash;
}

const isChat = () => !/^#\/(documents|usage)$/.test(location.hash);

async function route() {
  document.body.classList.remove("menu-open");
  const [, place = "", id] = location.hash.split("/");
  const view = { documents: "documents-view", usage: "usage-view" }[place] ?? "chat";
  for (const name of VIEWS) byId(name).hidden = name !== view;
  byId("composer").hidden = byId("sources").hidden = view !== "chat";
  for (const link of document.querySelectorAll("nav a")) markCurrent(link, link.getAttribute("href") === location.hash);
  if (view !== "documents-view") documents.hide();
  if (view === "documents-view") await documents.show();
  else if (view === "usage-view") await showUsage(client);
  else await showConversation(place === "c" ? id : null);
}

async function showConversation(id) {
  sidebar.select(id);
  if (id === chat.conversationId && id !== null) return;
  try {
    if (id) await chat.open(id);
    else chat.clear();
  } catch (problem) {
    chat.clear();
    tell(problem);
  }
  if (!id && matchMedia("(hover: hover)").matches) byId("question").focus();
}

function send(text) {
  byId("question").value = "";
  fit();
  return chat.ask(text, byId("collection").value || null);
}

function submit(event) {
  event.preventDefault();
  const text = byId("question").value.trim();
  if (text && !chat.isRunning) send(text);
}

/** The field grows with its text. */
function fit() {
  const field = byId("question");
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function tell(problem) {
  announce(problem.message);
  byId("notice").replaceChildren(el("p", {}, problem.message), el("button", { type: "button", onclick: hush }, "Close"));
  byId("notice").hidden = false;
}

function hush() {
  byId("notice").hidden = true;
}

function pressed(event) {
  if (event.key === "Escape" && !event.defaultPrevented) {
    if (document.body.classList.contains("menu-open")) toggleMenu(false);
    else if (chat.isRunning && !event.target.closest("dialog, .panel")) chat.stop();
  } else if (event.key === "k" && (event.ctrlKey || event.metaKey) && !event.target.closest("dialog")) {
    event.preventDefault();
    if (!isChat()) go("#/");
    byId("question").focus();
  }
}

function toggleMenu(isOpen = !document.body.classList.contains("menu-open")) {
  document.body.classList.toggle("menu-open", isOpen);
  byId("menu").setAttribute("aria-expanded", String(isOpen));
  (isOpen ? byId("new-chat") : byId("menu")).focus();
}

function drop(event) {
  event.preventDefault();
  document.body.classList.remove("dropping");
  if (!event.dataTransfer?.items.length || !documents.isPossible) return;
  const taken = documents.drop(event.dataTransfer);
  go("#/documents");
  taken.catch(tell);
}

function listen() {
  byId("composer").addEventListener("submit", submit);
  byId("question").addEventListener("input", fit);
  byId("question").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  });
  byId("stop").addEventListener("click", () => chat.stop());
  byId("new-chat").addEventListener("click", () => go("#/"));
  byId("menu").addEventListener("click", () => toggleMenu());
  byId("shade").addEventListener("click", () => toggleMenu(false));
  byId("skip").addEventListener("click", () => byId("question").focus());
  byId("sign-out").addEventListener("click", signOut);
  addEventListener("keydown", pressed);
  addEventListener("hashchange", () => route().catch(tell));
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.toggle("dropping", documents.isPossible);
  });
  addEventListener("dragleave", (event) => event.relatedTarget ?? document.body.classList.remove("dropping"));
  addEventListener("drop", drop);
}

// One request after the other: a function serves one at a time, and each of several at once would start another.
listen();
if (config) await begin();
else tell(new Error("Sluice can't be reached. Check that it runs and that you are online, then load the page again."));

async function begin() {
  await prepare(config);
  await route().catch(tell);
  await sidebar.refresh().catch(tell);
  if (isChat()) await documents.refresh();
  byId("sign-out").hidden = !isSignedIn();
}
