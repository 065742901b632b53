// What we show to the functions: an API key, or a token of the identity provider. It lives in this tab; no browser attaches
// it by itself.

const SHOWN = "sluice-key";
const RENEWAL = "sluice-renewal";

export const shown = () => sessionStorage.getItem(SHOWN);
export const renewal = () => sessionStorage.getItem(RENEWAL);
export const isSignedIn = () => shown() !== null;

/** Keeps what is shown, and what a token can be renewed by; without an argument, nothing. */
export function keep(credential = null, renewedBy = null) {
  put(SHOWN, credential);
  put(RENEWAL, renewedBy);
}

function put(name, value) {
  if (value) sessionStorage.setItem(name, value);
  else sessionStorage.removeItem(name);
}
