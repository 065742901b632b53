// Answers over connections that break.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem } from "../../../functions/chat/page/client.js";
import { ask, resume } from "../../../functions/chat/page/stream.js";
import { all } from "./collecting.js";

const START = { type: "start", conversation_id: "c", message_id: "m", question_id: "q" };
const DONE = { type: "done", finish_reason: "stop" };
const text = (text) => ({ type: "text", text });
const never = new AbortController().signal;

/** A client that answers with these responses in turn and keeps what it was asked. */
class Scripted {
  asked = [];

  constructor(...responses) {
    this.responses = responses;
  }

  async open(method, path, { headers }) {
    this.asked.push([method, path, headers["last-event-id"]]);
    const response = this.responses.shift();
    if (response instanceof Error) throw response;
    return response;
  }
}

function events(first, list, isWhole = true) {
  const sent = list.map((event, index) => `id: ${first + index}\ndata: ${JSON.stringify(event)}\n\n`);
  return new Response(sent.join("") + (isWhole ? "data: [DONE]\n\n" : ""));
}

const RECONNECTING = { type: "status", state: "reconnecting" };
const EVENTS = "/api/conversations/c/messages/m/events";

test("an answer that comes in one piece is asked for once", async () => {
  const client = new Scripted(events(1, [START, text("A"), DONE]));
  assert.deepEqual(await all(ask(client, {}, never)), [START, text("A"), DONE]);
  assert.equal(client.asked.length, 1);
});

test("a broken connection goes on after the last event that came", async () => {
  const client = new Scripted(events(1, [START, text("A")], false), events(3, [text("b"), DONE]));
  assert.deepEqual(await all(ask(client, {}, never)), [START, text("A"), RECONNECTING, text("b"), DONE]);
  assert.deepEqual(client.asked[1], ["GET", EVENTS, "2"]);
});

test("a network that is away for a moment is tried again", async () => {
  const away = new Problem("away", { code: "unreachable", retryable: true });
  const client = new Scripted(events(1, [START], false), away, events(2, [DONE]));
  assert.deepEqual(await all(ask(client, {}, never)), [START, RECONNECTING, DONE]);
});

test("an answer that broke before it began is not asked for twice", async () => {
  const client = new Scripted(events(1, [], false));
  await assert.rejects(all(ask(client, {}, never)), { code: "connection_lost" });
  assert.equal(client.asked.length, 1);
});

test("a refusal ends the tries", async () => {
  const client = new Scripted(events(1, [START], false), new Problem("gone", { code: "events_gone", status: 410 }));
  await assert.rejects(all(ask(client, {}, never)), { code: "events_gone" });
});

test("after a reload an answer is read from its beginning", async () => {
  const client = new Scripted(events(1, [START, text("A"), DONE]));
  assert.deepEqual(await all(resume(client, "c", "m", never)), [START, text("A"), DONE]);
  assert.deepEqual(client.asked, [["GET", EVENTS, "0"]]);
});
