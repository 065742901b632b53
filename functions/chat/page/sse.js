// Reads server-sent events out of a response's body (WHATWG HTML, section 9.2).

/** Yields `{id, data}` for each event of a stream of bytes; `id` is the last one that the stream gave, or "". */
export async function* readEvents(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Takes text in pieces of any size. An event that the stream's end cuts off is none. */
export class EventParser {
  #rest = "";
  #data = [];
  #id = "";

  *feed(text) {
    this.#rest += text;
    // A CR at the very end may be half of a CRLF.
    const end = this.#rest.endsWith("\r") ? this.#rest.length - 1 : this.#rest.length;
    const lines = this.#rest.slice(0, end).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() + this.#rest.slice(end);
    for (const line of lines) {
      if (line === "") yield* this.#dispatch();
      else this.#take(line);
    }
  }

  *#dispatch() {
    if (this.#data.length) yield { id: this.#id, data: this.#data.join("\n") };
    this.#data = [];
  }

  #take(line) {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }
}
