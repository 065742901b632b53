// The thread: one conversation, of which one branch is read at a time.

import * as answers from "./answer.js";
import { announce, byId } from "./dom.js";
import { AnswerView, questionView } from "./messages.js";
import { ask, resume } from "./stream.js";
import { newestLeaf, pathTo, siblings } from "./tree.js";

const NEAR_END = 120;

export class Chat {
  #client;
  #sources;
  #welcome;
  #changed;
  #thread = byId("thread");
  #messages = [];
  #tip = null;
  #running = null;
  #collection = null;
  conversationId = null;

  /** `changed()` is told when a conversation has begun or gone on. */
  constructor({ client, sources, welcome, changed }) {
    this.#client = client;
    this.#sources = sources;
    this.#welcome = welcome;
    this.#changed = changed;
  }

  get isRunning() {
    return this.#running !== null;
  }

  /** Whether one question was asked so far, or none. */
  get isYoung() {
    return this.#messages.length <= 2;
  }

  /** Leaves what is open and begins anew; an answer that streams goes on without us. */
  clear() {
    this.#leave();
    this.#messages = [];
    this.#tip = this.conversationId = null;
    this.#render();
  }

  /** Opens a conversation; where its last answer is still being made, goes on reading it. */
  async open(conversationId) {
    this.#leave();
    const conversation = await this.#client.json("GET", `/api/conversations/${conversationId}`);
    this.#take(conversation);
    const last = this.#messages.find((message) => message.id === this.#tip);
    if (last?.role === "assistant" && !last.finish_reason) {
      await this.#run(last, (signal) => resume(this.#client, conversationId, last.id, signal));
    }
  }

  /** Asks a question at the end of what is read. */
  ask(text, collection) {
    this.#collection = collection;
    return this.#send({ message: text }, { parent: this.#tip, text });
  }

  /** Ends the answer that is being made. */
  async stop() {
    const running = this.#running;
    if (!running || running.stopping) return;
    running.stopping = true;
    if (this.conversationId) {
      await this.#client.json("POST", `/api/conversations/${this.conversationId}/stop`).catch(() => {});
    }
    // The stream now ends by itself with what was kept; where it does not, it is left.
    setTimeout(() => running.controller.abort(), this.conversationId ? 1500 : 0);
  }

  #take(conversation) {
    this.conversationId = conversation.id;
    this.#messages = conversation.messages;
    this.#tip = conversation.path.at(-1) ?? null;
    this.#render();
  }

  #edit(question, text) {
    return this.#send({ message: text, parent_id: question.parent_id }, { parent: question.parent_id, text });
  }

  #regenerate(answer) {
    return this.#send({ regenerate: answer.id }, { parent: answer.parent_id });
  }

  async #step(message) {
    const path = `/api/conversations/${this.conversationId}`;
    this.#tip = newestLeaf(this.#messages, message).id;
    this.#render();
    await this.#client.json("PATCH", path, { message_id: message.id }).catch((problem) => announce(problem.message));
  }

  /** Puts the question, unless it stands already, and its coming answer into the tree, and follows the stream. */
  #send(request, { parent, text }) {
    if (this.#running) return;
    const question = text === undefined ? null : draft("user", parent, text);
    const answer = draft("assistant", question?.id ?? parent, "");
    this.#messages.push(...[question, answer].filter(Boolean));
    this.#tip = answer.id;
    const body = { ...request, conversation_id: this.conversationId, collection: this.#collection };
    if (!this.conversationId) delete body.parent_id;
    answer.again = () => {
      this.#messages = this.#messages.filter((message) => message !== answer && message !== question);
      this.#send(request, { parent, text });
    };
    this.#render();
    return this.#run(answer, (signal) => ask(this.#client, body, signal), question);
  }

  async #run(message, open, question = null) {
    const running = { controller: new AbortController(), message, answer: { ...answers.begin(), id: message.id }, stopping: false };
    this.#running = running;
    this.#showRunning(running);
    this.#thread.lastElementChild?.scrollIntoView({ block: "end" });
    try {
      for await (const event of open(running.controller.signal)) this.#apply(running, event, question);
    } catch (error) {
      if (error.name !== "AbortError") running.answer = answers.after(running.answer, { type: "error", ...described(error) });
    }
    this.#end(running);
  }

  #apply(running, event, question) {
    running.answer = answers.after(running.answer, event);
    if (event.type === "start") this.#begun(running, event, question);
    if (this.#running === running) this.#showRunning(running);
  }

  #begun({ message, stopping }, event, question) {
    const isNew = this.conversationId === null;
    if (question) question.id = event.question_id;
    message.parent_id = event.question_id ?? message.parent_id;
    message.id = event.message_id;
    this.#tip = message.id;
    this.conversationId = event.conversation_id;
    if (isNew) this.#changed(event.conversation_id);
    if (stopping) this.#client.json("POST", `/api/conversations/${this.conversationId}/stop`).catch(() => {});
  }

  #end(running) {
    const { message, answer, stopping } = running;
    const finish = answer.done?.finish_reason ?? (stopping ? "stopped" : answer.error ? "error" : "stop");
    Object.assign(message, { content: answer.text, sources: answer.sources, finish_reason: finish, model: answer.done?.model });
    message.error = answer.error;
    if (this.#running !== running) return;
    this.#running = null;
    this.#render();
    announce(answer.error ? answer.error.message : "The answer is complete.");
    this.#changed(this.conversationId);
  }

  #leave() {
    this.#running?.controller.abort();
    this.#running = null;
  }

  #showRunning({ answer, message }) {
    const isAtEnd = this.#isAtEnd();
    message.view.show(answer, { running: true });
    this.#sources.show(answer);
    this.#showState();
    if (isAtEnd) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #render() {
    const path = pathTo(this.#messages, this.#tip);
    const isAtEnd = this.#isAtEnd();
    this.#thread.replaceChildren(...(path.length ? path.map((message) => this.#view(message)) : [this.#welcome()]));
    const last = path.findLast((message) => message.role === "assistant");
    this.#sources.show(last ? shown(last) : answers.begin());
    this.#showState();
    if (isAtEnd || this.#running) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #view(message) {
    const others = siblings(this.#messages, message);
    const step = (other) => this.#step(other);
    if (message.role === "user") return questionView(message, others, { edit: (text) => this.#edit(message, text), step });
    message.view ??= new AnswerView({
      cite: (source, opener) => this.#sources.open(shown(message, this.#running), source, opener),
      sources: (opener) => this.#sources.open(shown(message, this.#running), null, opener),
      regenerate: () => this.#retry(message),
      retry: () => this.#retry(message),
      rate: (rating) => this.#client.json("POST", `/api/messages/${message.id}/feedback`, { rating }),
      step,
    });
    message.view.show(shown(message, this.#running), { running: this.#running?.message === message, message, others });
    return message.view.element;
  }

  /** Another answer; where the first try never reached the conversation, the same request once more. */
  #retry(message) {
    return message.isDraft && message.id.startsWith("draft") ? message.again() : this.#regenerate(message);
  }

  #showState() {
    document.body.classList.toggle("running", this.isRunning);
    byId("send").hidden = this.isRunning;
    byId("stop").hidden = !this.isRunning;
  }

  get #scroller() {
    return byId("chat");
  }

  #isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }
}

let drafts = 0;

/** A message whose real id the stream's first event will tell. */
function draft(role, parent_id, content) {
  drafts += 1;
  return { id: `draft-${drafts}`, isDraft: true, role, parent_id, content, sources: [], finish_reason: null };
}

function shown(message, running = null) {
  if (running?.message === message) return running.answer;
  return { ...answers.ofMessage(message), error: message.error ?? null };
}

function described(error) {
  return { code: error.code ?? "error", message: error.message, retryable: error.retryable ?? false };
}
