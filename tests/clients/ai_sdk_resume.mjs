// A page that was loaded anew while an answer is being made.
import { DefaultChatTransport, readUIMessageStream } from "ai";

const [address, key, chatId] = process.argv.slice(2);
const transport = new DefaultChatTransport({ api: `${address}/api/chat`, headers: { authorization: `Bearer ${key}` } });

const stream = await transport.reconnectToStream({ chatId });
let message = null;
if (stream) for await (const state of readUIMessageStream({ stream })) message = state;
console.log(JSON.stringify({ message }));
