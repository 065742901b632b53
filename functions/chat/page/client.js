// Talks to the two functions over HTTP.

const KEY = "sluice-key";

/** What a function answered instead of a result: RFC 9457 problem details, or that nobody answered. */
export class Problem extends Error {
  constructor(message, { code = "error", status = 0, retryable = false } = {}) {
    super(message);
    Object.assign(this, { code, status, retryable });
  }
}

/** A client of one function; `signIn` is awaited for as long as it asks who we are, and we say. */
export class Client {
  #base;
  #signIn;

  constructor(base, signIn) {
    this.#base = base.replace(/\/$/, "");
    this.#signIn = signIn;
  }

  /** Returns the body of the answer, read as JSON; null where there is none. */
  async json(method, path, body, options = {}) {
    const response = await this.open(method, path, { ...options, ...asJson(body) });
    return response.status === 204 ? null : response.json();
  }

  /** Returns a successful response, its body unread; throws a `Problem`. */
  async open(method, path, { headers = {}, ...options } = {}) {
    let shown;
    const send = () => {
      shown = key();
      return fetch(this.#base + path, { method, headers: { ...headers, ...credentials(shown) }, ...options });
    };
    let response = await reached(send);
    // Another request may have signed us in meanwhile.
    while (response.status === 401 && (shown !== key() || (await this.#signIn()))) response = await reached(send);
    if (!response.ok) throw await problem(response);
    return response;
  }
}

/** Keeps the API key for as long as the tab lives. */
export function keepKey(key) {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

export const hasKey = () => key() !== null;

const key = () => sessionStorage.getItem(KEY);
const credentials = (key) => (key ? { "x-api-key": key } : {});

function asJson(body) {
  return body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

async function reached(send) {
  try {
    return await send();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("Sluice can't be reached. Check that it runs and that you are online.", {
      code: "unreachable",
      retryable: true,
    });
  }
}

async function problem(response) {
  const details = await response.json().catch(() => ({}));
  const where = (details.errors ?? []).map((each) => `${each.field}: ${each.message}`).join("; ");
  const said = details.detail ?? details.message ?? `The server answered ${response.status}.`;
  const wait = Number(response.headers.get("retry-after"));
  const when = response.status === 429 && wait ? ` Try again ${inWords(wait)}.` : "";
  return new Problem((where ? `${said} ${where}` : said) + when, { ...details, status: response.status });
}

function inWords(seconds) {
  if (seconds < 90) return `in ${seconds} s`;
  const hours = Math.round(seconds / 3600);
  return seconds < 5400 ? `in ${Math.round(seconds / 60)} minutes` : `in ${hours} hours`;
}
