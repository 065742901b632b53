// Follows an answer to its end, over as many connections as that takes.

import { Problem } from "./client.js";
import { readEvents } from "./sse.js";

const MOST_TRIES = 6;
const FIRST_PAUSE = 400;

/** Asks and yields the answer's events; a connection that breaks is taken up again where it broke. */
export async function* ask(client, question, signal) {
  const headers = { accept: "text/event-stream", "content-type": "application/json" };
  const response = await client.open("POST", "/api/chat", { headers, body: JSON.stringify(question), signal });
  yield* follow(client, response, null, signal);
}

/** Yields the events of an answer that somebody else, perhaps this page before a reload, has asked for. */
export async function* resume(client, conversationId, messageId, signal) {
  const place = { conversationId, messageId, last: "0" };
  yield* follow(client, await reopen(client, place, signal), place, signal);
}

async function* follow(client, response, place, signal) {
  for (let tries = 0; ; ) {
    try {
      for await (const { id, data } of readEvents(response.body)) {
        if (data === "[DONE]") return;
        const event = JSON.parse(data);
        if (event.type === "start") place = { conversationId: event.conversation_id, messageId: event.message_id };
        if (place) place.last = id;
        tries = 0;
        yield event;
      }
    } catch (error) {
      if (signal.aborted || error instanceof Problem) throw error;
    }
    yield { type: "status", state: "reconnecting" };
    response = await again(client, place, tries, signal);
    tries += 1;
  }
}

async function again(client, place, tries, signal) {
  const lost = new Problem("The connection was lost before the answer's end.", { code: "connection_lost", retryable: true });
  if (!place || tries >= MOST_TRIES) throw lost;
  await pause(FIRST_PAUSE * 2 ** tries, signal);
  try {
    return await reopen(client, place, signal);
  } catch (error) {
    if (error.code !== "unreachable" || tries + 1 >= MOST_TRIES) throw error;
    return again(client, place, tries + 1, signal);
  }
}

function reopen(client, { conversationId, messageId, last }, signal) {
  const path = `/api/conversations/${conversationId}/messages/${messageId}/events`;
  return client.open("GET", path, { headers: { accept: "text/event-stream", "last-event-id": last }, signal });
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}
