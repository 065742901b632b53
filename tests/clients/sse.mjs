// What a plain reader of server-sent events makes of our own protocol, and of its comments and ids.
import { createParser } from "eventsource-parser";

const [address, key] = process.argv.slice(2);
const answer = await fetch(`${address}/api/chat`, {
  method: "POST",
  headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  body: JSON.stringify({ message: "What do blue whales eat?" }),
});
const events = [];
const parser = createParser({ onEvent: (event) => events.push(event), onError: (error) => events.push({ error }) });
const decoder = new TextDecoder();
for await (const bytes of answer.body) parser.feed(decoder.decode(bytes, { stream: true }));

console.log(
  JSON.stringify({
    ids: events.map((event) => event.id ?? null),
    types: events.map((event) => (event.data === "[DONE]" ? event.data : JSON.parse(event.data).type)),
  }),
);
