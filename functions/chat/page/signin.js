// Asks for the API key when a function wants to know who we are.

import { byId } from "./dom.js";
import { hasKey, keepKey } from "./client.js";

let asking = null;

/** Resolves to whether there is a new key to try; several requests at once wait for one answer. */
export function signIn() {
  asking ??= askForKey().finally(() => (asking = null));
  return asking;
}

export function signOut() {
  keepKey(null);
  location.reload();
}

function askForKey() {
  const dialog = byId("sign-in");
  const field = byId("api-key");
  byId("sign-in-problem").hidden = !hasKey();
  keepKey(null);
  return new Promise((resolve) => {
    byId("sign-in-form").onsubmit = (event) => {
      event.preventDefault();
      if (!field.value.trim()) return;
      keepKey(field.value.trim());
      field.value = "";
      dialog.close();
    };
    dialog.onclose = () => resolve(hasKey());
    dialog.showModal();
  });
}
