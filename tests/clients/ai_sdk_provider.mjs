// What the AI SDK makes of us as an OpenAI-compatible model provider.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { streamText } from "ai";

const [address, key] = process.argv.slice(2);
const provider = createOpenAICompatible({ name: "sluice", baseURL: `${address}/v1`, apiKey: key, includeUsage: true });

const result = streamText({
  model: provider("sluice"),
  prompt: "What do blue whales eat?",
  maxRetries: 0,
  onError() {},
});
const kinds = [];
let text = "";
for await (const part of result.fullStream) {
  if (kinds.at(-1) !== part.type) kinds.push(part.type);
  if (part.type === "text-delta") text += part.text;
}
const failing = streamText({ model: provider("sluice"), prompt: "Fail", maxRetries: 0, onError() {} });
const failures = [];
for await (const part of failing.fullStream) if (part.type === "error") failures.push(part.error?.message ?? String(part.error));

const usage = await result.usage;
console.log(
  JSON.stringify({
    text,
    kinds,
    finish: await result.finishReason,
    usage: { input: usage.inputTokens, output: usage.outputTokens, total: usage.totalTokens },
    failures,
  }),
);
