// The reader of server-sent events.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readEvents } from "../../../functions/chat/page/sse.js";
import { all } from "./collecting.js";

const bytes = (text) => new TextEncoder().encode(text);

function inChunks(content, size) {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < content.length; at += size) controller.enqueue(content.slice(at, at + size));
      controller.close();
    },
  });
}

function read(text, size = 1000) {
  return all(readEvents(inChunks(bytes(text), size)));
}

const STREAM = ': hello\r\n\r\nid: 1\r\ndata: {"text":"Größe 🐋"}\r\n\r\n: waiting\n\nid: 2\ndata: first\ndata:second\n\nevent: x\rdata\r\rdata: [DONE]\n\n';
const EVENTS = [
  { id: "1", data: '{"text":"Größe 🐋"}' },
  { id: "2", data: "first\nsecond" },
  { id: "2", data: "" },
  { id: "2", data: "[DONE]" },
];

for (const size of [1, 2, 3, 7, 1000]) {
  test(`any line ending, comments, several lines and characters cut in two, ${size} bytes at a time`, async () => {
    assert.deepEqual(await read(STREAM, size), EVENTS);
  });
}

test("an event that the end of the stream cuts off is none", async () => {
  assert.deepEqual(await read("data: whole\n\ndata: half"), [{ id: "", data: "whole" }]);
  assert.deepEqual(await read("data: no blank line\n"), []);
});

test("one space after the colon belongs to the format, a second to the data", async () => {
  assert.deepEqual(await read("data:  two\n\n"), [{ id: "", data: " two" }]);
});

test("a reader that leaves early lets the connection go", async () => {
  let isLetGo = false;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(bytes("data: more\n\n")),
    cancel: () => void (isLetGo = true),
  });
  for await (const event of readEvents(endless)) {
    assert.equal(event.data, "more");
    break;
  }
  assert.equal(isLetGo, true);
});
