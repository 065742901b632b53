// What an answer's events add up to.

import assert from "node:assert/strict";
import { test } from "node:test";

import { after, begin, ofMessage } from "../../../functions/chat/page/answer.js";

const from = (...events) => events.reduce(after, begin());
const START = { type: "start", conversation_id: "c", message_id: "m", question_id: "q" };

test("a whole answer", () => {
  const sources = [{ id: 1 }];
  const done = { type: "done", finish_reason: "stop", model: "x" };
  const events = [START, { type: "sources", sources }, { type: "text", text: "A" }, { type: "text", text: "b" }, done];

  assert.deepEqual(from(...events), {
    id: "m", questionId: "q", conversationId: "c", text: "Ab", sources, status: null, error: null, done,
  });
});

test("a status stands until text flows again", () => {
  const waking = from(START, { type: "status", state: "database_waking" });
  assert.match(waking.status, /database is waking up/);
  assert.equal(after(waking, { type: "text", text: "x" }).status, null);
});

test("a fallback names the model, and a budget's end stays", () => {
  assert.match(from({ type: "status", state: "fallback", model: "other/model" }).status, /another one: other\/model\./);
  assert.match(from({ type: "done", finish_reason: "budget" }).status, /budget ended/);
});

test("an error keeps the text that came before it", () => {
  const error = { type: "error", code: "model_error", message: "No.", retryable: true };
  const failed = from(START, { type: "text", text: "half" }, error);
  assert.deepEqual([failed.text, failed.error], ["half", error]);
});

test("an event of a kind that comes later changes nothing", () => {
  assert.deepEqual(from({ type: "unheard_of" }), begin());
  assert.deepEqual(from({ type: "status", state: "unheard_of" }), begin());
});

test("a message that is being made has no end", () => {
  const message = { id: "m", content: "so far", sources: [], finish_reason: null, model: "x" };
  assert.equal(ofMessage(message).done, null);
  assert.deepEqual(ofMessage({ ...message, finish_reason: "stop" }).done, { finish_reason: "stop", model: "x" });
});
