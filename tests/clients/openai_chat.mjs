// What OpenAI's own client makes of a stream, a whole completion, the list of models and an error.
import OpenAI from "openai";

const [address, key] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: key, maxRetries: 0 });
const question = { model: "sluice", messages: [{ role: "user", content: "What do blue whales eat?" }] };

const chunks = [];
const stream = await client.chat.completions.create({
  ...question,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of stream) chunks.push(chunk);
const whole = await client.chat.completions.create(question);
const models = await client.models.list();
const model = await client.models.retrieve("openai/gpt-5");

const together = await client.chat.completions.stream(question).finalContent();

let failure;
try {
  for await (const _ of await client.chat.completions.create({ ...question, stream: true })) {
  }
} catch (error) {
  failure = { name: error.constructor.name, code: error.code, message: error.message };
}
let refusal;
try {
  await client.chat.completions.create({ ...question, model: "no-such-model" });
} catch (error) {
  refusal = { name: error.constructor.name, status: error.status, code: error.code };
}

console.log(
  JSON.stringify({
    text: chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join(""),
    annotations: chunks.flatMap((chunk) => chunk.choices[0]?.delta?.annotations ?? []),
    finish: chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean),
    usage: chunks.at(-1).usage,
    together,
    whole: whole.choices[0].message.content,
    models: models.data.map((model) => model.id),
    model: model.id,
    failure,
    refusal,
  }),
);
