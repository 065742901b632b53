// Signing in, and what a function answers instead of a result.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";

import { Client } from "../../../functions/chat/page/client.js";
import { keep as keepKey } from "../../../functions/chat/page/credentials.js";

const realFetch = globalThis.fetch;
let shown;

beforeEach(() => {
  const kept = new Map();
  globalThis.sessionStorage = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
  };
  shown = [];
  globalThis.fetch = async (url, { headers }) => {
    shown.push(headers["x-api-key"] ?? null);
    return headers["x-api-key"] === "right"
      ? Response.json({ ok: true })
      : Response.json({ detail: "Who are you?", code: "credentials_missing" }, { status: 401 });
  };
});

afterEach(() => {
  globalThis.fetch = realFetch;
  delete globalThis.sessionStorage;
});

test("a key that is not accepted is asked for again", async () => {
  const keys = ["wrong", "right"];
  const client = new Client("http://chat/", async () => (keepKey(keys.shift()), true));

  assert.deepEqual(await client.json("GET", "/api/usage"), { ok: true });
  assert.deepEqual(shown, [null, "wrong", "right"]);
});

test("who does not want to sign in is told what the function said", async () => {
  const client = new Client("http://chat", async () => false);
  await assert.rejects(client.json("GET", "/api/usage"), { message: "Who are you?", status: 401, code: "credentials_missing" });
});

test("a key that another request was given meanwhile is tried first", async () => {
  let asked = 0;
  const client = new Client("http://chat", async () => ((asked += 1), true));
  const answer = client.json("GET", "/api/usage");
  keepKey("right");

  assert.deepEqual([await answer, asked], [{ ok: true }, 0]);
});

test("a limit says when to come again, a wrong field which one", async () => {
  const client = new Client("http://chat", async () => false);
  globalThis.fetch = async () => Response.json({ detail: "Too many." }, { status: 429, headers: { "retry-after": "30" } });
  await assert.rejects(client.json("GET", "/"), { message: "Too many. Try again in 30 s." });
  globalThis.fetch = async () => Response.json({ detail: "No.", errors: [{ field: "title", message: "too long" }] }, { status: 422 });
  await assert.rejects(client.json("GET", "/"), { message: "No. title: too long" });
});

test("a network that is not there is said so", async () => {
  globalThis.fetch = () => Promise.reject(new TypeError("failed"));
  await assert.rejects(new Client("", null).json("GET", "/"), { code: "unreachable", retryable: true });
});

test("a body comes with its hash, which CloudFront wants", async () => {
  const hashes = [];
  globalThis.fetch = async (url, { headers }) => (hashes.push(headers["x-amz-content-sha256"] ?? null), Response.json({}));
  const client = new Client("http://chat", null);
  await client.json("POST", "/", { message: "ä" });
  await client.open("POST", "/", { body: new Blob(["abc"]) });
  await client.json("GET", "/");

  const [ofJson, ofFile] = ['{"message":"ä"}', "abc"].map((text) => createHash("sha256").update(text).digest("hex"));
  assert.deepEqual(hashes, [ofJson, ofFile, null]);
});

test("a refusal by AWS itself says what to do", async () => {
  globalThis.fetch = async () => Response.json({ Message: "Forbidden" }, { status: 403 });
  await assert.rejects(new Client("", null).json("GET", "/"), { message: /takes signed requests only/ });
});
