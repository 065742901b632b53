// Asks who we are when a function wants to know: at the identity provider, by API key, or not at all.

import { byId } from "./dom.js";
import { isSignedIn, keep, shown } from "./credentials.js";
import { begin, finish, isReturning, renew } from "./oidc.js";

let ways = { auth: [], oidc: null };
let trouble = "";
let asking = null;

/** Learns how one signs in here; completes the sign-in that the identity provider has sent us back from. */
export async function prepare(config) {
  ways = config;
  byId("with-provider").addEventListener("click", () => begin(ways.oidc).catch(complain));
  if (!ways.oidc || !isReturning()) return;
  await finish(ways.oidc).catch((problem) => (trouble = problem.message));
}

/** Resolves to whether there is something new to show; several requests at once wait for one answer. */
export function signIn() {
  asking ??= askAgain().finally(() => (asking = null));
  return asking;
}

export function signOut() {
  keep();
  location.reload();
}

async function askAgain() {
  return (ways.oidc && (await renew(ways.oidc))) || askPerson();
}

function askPerson() {
  const dialog = byId("sign-in");
  const takesKeys = ways.auth.includes("key");
  byId("with-provider").hidden = !ways.oidc;
  byId("with-key").hidden = !takesKeys;
  byId("with-signature").hidden = takesKeys || Boolean(ways.oidc);
  complain({ message: trouble || (isSignedIn() ? refused(shown()) : "") });
  keep();
  return new Promise((resolve) => {
    byId("with-key").onsubmit = submit;
    dialog.onclose = () => resolve(isSignedIn());
    dialog.showModal();
  });
}

/** A token has three parts, a key has one. */
const refused = (credential) => (credential.split(".").length === 3 ? "Your session has ended." : "The last key was not accepted.");

function submit(event) {
  event.preventDefault();
  const field = byId("api-key");
  if (!field.value.trim()) return;
  keep(field.value.trim());
  field.value = "";
  byId("sign-in").close();
}

function complain({ message }) {
  trouble = "";
  byId("sign-in-problem").textContent = message;
  byId("sign-in-problem").hidden = !message;
}
