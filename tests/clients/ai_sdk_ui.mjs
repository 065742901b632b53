// What `useChat` is made of: the SDK's transport posts the messages and its reader builds the answer's message.
import { DefaultChatTransport, readUIMessageStream } from "ai";

const [address, key, chatId] = process.argv.slice(2);
const transport = new DefaultChatTransport({
  api: `${address}/api/chat`,
  headers: { authorization: `Bearer ${key}` },
  body: { collection: "sea" },
});

async function read(stream) {
  let message;
  const errors = [];
  for await (const state of readUIMessageStream({ stream, onError: (error) => errors.push(error.message) })) message = state;
  return { message, errors };
}

async function send(messages, trigger = "submit-message", messageId = undefined) {
  return read(await transport.sendMessages({ chatId, messages, trigger, messageId, abortSignal: undefined }));
}

const user = (id, text) => ({ id, role: "user", parts: [{ type: "text", text }] });
const first = await send([user("u1", "What do blue whales eat?")]);
const second = await send([user("u1", "What do blue whales eat?"), first.message, user("u2", "And how much?")]);
const again = await send(
  [user("u1", "What do blue whales eat?"), first.message, user("u2", "And how much?")],
  "regenerate-message",
  second.message.id,
);
const failed = await send([user("u9", "Fail")]);
const resumed = await transport.reconnectToStream({ chatId });
let refusal;
try {
  await send([user("u1", "")]);
} catch (error) {
  refusal = error.message;
}

console.log(
  JSON.stringify({
    first: first.message,
    second: second.message,
    again: again.message,
    failed: { parts: failed.message?.parts ?? [], errors: failed.errors },
    resumed: resumed === null ? null : (await read(resumed)).message,
    refusal,
  }),
);
