// Talks to the two functions over HTTP.

import { shown as credential } from "./credentials.js";

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
    const hashed = options.body === undefined ? {} : await hashOf(options.body);
    const send = () => {
      shown = credential();
      return fetch(this.#base + path, { method, headers: { ...headers, ...hashed, ...credentials(shown) }, ...options });
    };
    let response = await reached(send);
    // Another request may have signed us in meanwhile.
    while (response.status === 401 && (shown !== credential() || (await this.#signIn()))) response = await reached(send);
    if (!response.ok) throw await problem(response);
    return response;
  }
}

// Not `authorization`: CloudFront puts its own signature there.
const credentials = (shown) => (shown ? { "x-api-key": shown } : {});

/** CloudFront signs a body for a function only when it comes with its hash, which a page without TLS can't make. */
async function hashOf(body) {
  if (!globalThis.crypto?.subtle) return {};
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : await body.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { "x-amz-content-sha256": [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
}

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

// `Message` is how AWS itself refuses, before the function sees anything.
const UNSIGNED =
  "AWS refused the request before Sluice saw it: this address takes signed requests only. Open the page by its CloudFront address, or ask your operator for one that takes API keys.";

async function problem(response) {
  const details = await response.json().catch(() => ({}));
  const where = (details.errors ?? []).map((each) => `${each.field}: ${each.message}`).join("; ");
  const said = details.detail ?? details.message ?? (details.Message && UNSIGNED) ?? `The server answered ${response.status}.`;
  const wait = Number(response.headers.get("retry-after"));
  const when = response.status === 429 && wait ? ` Try again ${inWords(wait)}.` : "";
  return new Problem((where ? `${said} ${where}` : said) + when, { ...details, status: response.status });
}

function inWords(seconds) {
  if (seconds < 90) return `in ${seconds} s`;
  const hours = Math.round(seconds / 3600);
  return seconds < 5400 ? `in ${Math.round(seconds / 60)} minutes` : `in ${hours} hours`;
}
