// How far a file is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { doubles, dropped, eachOf, folderOf, megabytes, missingText, progress, upload } from "../../../functions/chat/page/uploads.js";

test("the share grows with every step and is whole when the document is ready", () => {
  const steps = ["received", "parsed", "chunked"].map((type) => ({ type }));
  const embedding = [{ type: "embedded", done: 1, total: 4 }, { type: "embedded", done: 4, total: 4 }];
  const end = { type: "ready", document: { id: "d" } };
  const shares = [...steps, ...embedding, { type: "stored" }, end].map((event) => progress(event).share);

  assert.deepEqual(shares, [...shares].sort((a, b) => a - b));
  assert.equal(shares.at(-1), 1);
});

test("a document of no passages does not divide by nothing", () => {
  assert.equal(progress({ type: "embedded", done: 0, total: 0 }).share, 0.4);
});

test("an error that ends the stream is thrown with its code", () => {
  assert.throws(() => progress({ type: "error", code: "model_unavailable", message: "No.", retryable: true }), {
    message: "No.",
    code: "model_unavailable",
  });
});

test("a ready document says how many of its pages have no text", () => {
  const said = [
    { status: "ready", pages: 9, pages_without_text: 8 },
    { status: "ready", pages: 9, pages_without_text: 1 },
    { status: "ready", pages: 9, pages_without_text: 0 },
    { status: "ready", pages: null, pages_without_text: null },
    { status: "processing", pages: 9, pages_without_text: 8 },
  ].map(missingText);

  assert.deepEqual(said, ["8 of 9 pages have no text.", "1 of 9 pages has no text.", "", "", ""]);
});

const picked = (path) => ({ name: path.split("/").at(-1), webkitRelativePath: path.includes("/") ? path : "", size: 1 });

test("files of one name keep the folders in which they were picked", () => {
  const files = ["top/README.md", "top/a/README.md", "top/a/b/README.md", "README.md"].map(picked);

  assert.deepEqual(files.map(folderOf), ["", "a", "a/b", ""]);
  assert.deepEqual(doubles(files), [files[3]]);
});

test("dropped folders are gone through, and each file knows where it lay", async () => {
  const file = (path) => {
    const name = path.split("/").at(-1);
    return { name, fullPath: path, isFile: true, file: (resolve) => resolve({ name }) };
  };
  const folder = (path, ...entries) => ({
    name: path.split("/").at(-1),
    fullPath: path,
    createReader: () => ({ readEntries: (resolve) => resolve(entries.splice(0)) }),
  });
  const entries = [folder("/top", file("/top/a.md"), folder("/top/in", file("/top/in/a.md"), file("/top/in/.b"))), file("/c.md")];
  const files = await dropped({ items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })) });

  assert.deepEqual(files.map((each) => [folderOf(each), each.name]), [["", "a.md"], ["in", "a.md"], ["", "c.md"]]);
});

test("a file is sent with its folder", async () => {
  const asked = [];
  const open = async (method, path) => (asked.push(`${method} ${path}`), { body: new Blob(["data: [DONE]\n\n"]).stream() });
  for await (const _ of upload({ open }, picked("top/a b/c.md"), "team"));

  assert.deepEqual(asked, ["POST /api/documents?name=c.md&folder=a+b&collection=team"]);
});

test("every file is worked on once, two at a time", async () => {
  let atOnce = 0;
  let most = 0;
  const seen = [];
  await eachOf([1, 2, 3, 4, 5], async (file) => {
    most = Math.max(most, ++atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(file);
    atOnce -= 1;
  });
  assert.deepEqual([seen.toSorted(), most], [[1, 2, 3, 4, 5], 2]);
});

test("sizes in words", () => {
  assert.deepEqual([12, 45_000, 4_200_000].map(megabytes), ["1 KB", "45 KB", "4.2 MB"]);
});
