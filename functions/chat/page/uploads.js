// Brings files to the ingest function, and tells how far each is.

import { Problem } from "./client.js";
import { readEvents } from "./sse.js";

// A request to a function may hold 6 MB, and bytes grow by a third on their way there.
const MOST_BYTES_OF_A_REQUEST = 4 * 1024 * 1024;
const POLL = 1500;
const AT_ONCE = 2;

// Of dropped files; of picked ones the browser knows them.
const paths = new WeakMap();

const STEPS = { received: 0.15, parsed: 0.3, chunked: 0.4, stored: 0.95, ready: 1, failed: 1 };
const WORDS = { received: "Reading", parsed: "Cutting into passages", chunked: "Embedding", embedded: "Embedding", stored: "Checking" };

/** Yields what becomes of a file: `{state, words, share}`, at last `{state: "ready" or "failed", document}`. */
export async function* upload(client, file, collection) {
  yield { state: "sending", words: "Sending", share: 0.02 };
  yield* file.size > MOST_BYTES_OF_A_REQUEST ? large(client, file, collection) : small(client, file, collection);
}

/** Returns where a file lies within the folder that was picked or dropped; empty for a file by itself. */
export const folderOf = (file) => (paths.get(file) ?? file.webkitRelativePath ?? "").split("/").slice(1, -1).join("/");

/** Returns those of the files that would take the place of another one of them. */
export function doubles(files) {
  const seen = new Set();
  return files.filter((file) => {
    const place = `${folderOf(file)}/${file.name}`;
    return seen.has(place) || !seen.add(place);
  });
}

function target(file, collection) {
  const folder = folderOf(file);
  return { name: file.name, ...(folder && { folder }), ...(collection && { collection }) };
}

/** Returns in words how many pages of a ready document have no text, which no question finds; nothing where all have some. */
export function missingText({ status, pages, pages_without_text: missing }) {
  return status === "ready" && missing ? `${missing} of ${pages} pages ${missing === 1 ? "has" : "have"} no text.` : "";
}

/** Returns how far an event of the ingest function's progress is. */
export function progress(event) {
  if (event.type === "error") throw new Problem(event.message, event);
  if (event.document) return { state: event.type, words: event.type, share: 1, document: event.document };
  const share = event.type === "embedded" ? 0.4 + (0.5 * event.done) / Math.max(event.total, 1) : STEPS[event.type];
  return { state: event.type, words: WORDS[event.type] ?? event.type, share: share ?? 0.5 };
}

async function* small(client, file, collection) {
  const query = new URLSearchParams(target(file, collection));
  const headers = { accept: "text/event-stream", "content-type": file.type || "application/octet-stream" };
  const response = await client.open("POST", `/api/documents?${query}`, { headers, body: file });
  for await (const { data } of readEvents(response.body)) {
    if (data === "[DONE]") return;
    yield progress(JSON.parse(data));
  }
}

async function* large(client, file, collection) {
  const form = await client.json("POST", "/api/uploads", target(file, collection));
  if (file.size > form.max_bytes) {
    throw new Problem(`The file has ${megabytes(file.size)}; at most ${megabytes(form.max_bytes)} are allowed.`);
  }
  const began = Date.now();
  await send(form, file);
  yield { state: "received", words: "Waiting for its turn", share: 0.15 };
  yield* watch(client, form.source, began);
}

/** The bucket tells the function of the object; the list of documents says what comes of it. */
async function* watch(client, source, began) {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, POLL));
    const { documents: [document] } = await client.json("GET", `/api/documents?${new URLSearchParams({ source, limit: 1 })}`);
    if (!document || Date.parse(document.updated_at) < began - 60_000) continue;
    if (document.status === "ready" || document.status === "failed") {
      return yield progress({ type: document.status, document });
    }
    if (document.step) yield progress({ type: document.step, done: document.done ?? 0, total: document.total ?? 1 });
  }
}

async function send({ url, fields }, file) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file);
  const response = await fetch(url, { method: "POST", body: form }).catch(() => null);
  if (!response?.ok) throw new Problem("The bucket did not take the file; try again.", { retryable: true });
}

/** Runs `work(file)` for every file, two at a time. */
export async function eachOf(files, work) {
  const waiting = [...files];
  const worker = async () => {
    while (waiting.length) await work(waiting.shift());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Returns the files of a drop, those in folders included. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function filesOf(entry) {
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    paths.set(file, entry.fullPath.slice(1));
    return [file];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return (await Promise.all(found.map(filesOf))).flat();
    found.push(...some);
  }
}

export const megabytes = (bytes) =>
  bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
