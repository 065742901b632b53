// Signs in at the operator's identity provider: OpenID Connect, the code flow with PKCE.
// https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth and RFC 7636

import { Problem } from "./client.js";
import { keep, renewal } from "./credentials.js";

const BEGUN = "sluice-signing-in";

/** Leaves for the provider; `finish` takes over when it sends us back. */
export async function begin({ issuer, client_id }) {
  const { authorization_endpoint } = await discovered(issuer);
  const begun = { state: random(), nonce: random(), verifier: random(), place: location.hash };
  sessionStorage.setItem(BEGUN, JSON.stringify(begun));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(begun.verifier));
  const url = new URL(authorization_endpoint);
  const asked = {
    response_type: "code",
    scope: "openid",
    client_id,
    redirect_uri: here(),
    state: begun.state,
    nonce: begun.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  location.assign(url);
}

/** Whether the provider has just sent us back. */
export function isReturning() {
  const told = new URLSearchParams(location.search);
  return told.has("state") && (told.has("code") || told.has("error"));
}

/** Turns what the provider sent us back with into a token, and goes back to where the sign-in began; throws a `Problem`. */
export async function finish(provider) {
  const told = new URLSearchParams(location.search);
  const begun = JSON.parse(sessionStorage.getItem(BEGUN) ?? "{}");
  sessionStorage.removeItem(BEGUN);
  history.replaceState(null, "", here() + (begun.place ?? ""));
  const isOurs = begun.state && told.get("state") === begun.state && (told.get("iss") ?? provider.issuer) === provider.issuer;
  if (!isOurs) throw new Problem("This sign-in was not begun in this tab. Sign in again.");
  if (told.has("error")) throw new Problem(`The identity provider says: ${told.get("error_description") ?? told.get("error")}`);
  const grant = { grant_type: "authorization_code", code: told.get("code"), redirect_uri: here(), code_verifier: begun.verifier };
  const tokens = await redeem(provider, grant);
  const { iss, aud, nonce } = claims(tokens.id_token);
  if (iss !== provider.issuer || ![aud].flat().includes(provider.client_id) || nonce !== begun.nonce) {
    throw new Problem("The identity provider answered with a token for somebody else. Sign in again.");
  }
  keep(tokens.id_token, tokens.refresh_token);
}

/** Resolves to whether there is a new token instead of one that expired. */
export async function renew(provider) {
  const refresh_token = renewal();
  if (!refresh_token) return false;
  try {
    const tokens = await redeem(provider, { grant_type: "refresh_token", refresh_token });
    keep(tokens.id_token, tokens.refresh_token ?? refresh_token);
    return Boolean(tokens.id_token);
  } catch {
    return false;
  }
}

async function discovered(issuer) {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const found = await fetch(url).then((answer) => answer.json()).catch(() => null);
  if (found?.issuer === issuer) return found;
  throw new Problem(`The identity provider (${new URL(issuer).host}) can't be reached; try again in a moment.`);
}

async function redeem({ issuer, client_id }, grant) {
  const { token_endpoint } = await discovered(issuer);
  const answer = await fetch(token_endpoint, { method: "POST", body: new URLSearchParams({ client_id, ...grant }) }).catch(() => null);
  const tokens = await answer?.json().catch(() => null);
  if (answer?.ok && tokens?.id_token) return tokens;
  throw new Problem(`The identity provider did not complete the sign-in: ${tokens?.error_description ?? tokens?.error ?? "no answer"}`);
}

/** What a token says; its signature is the functions' to check. */
function claims(token) {
  const bytes = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (each) => each.charCodeAt(0))));
}

const here = () => location.origin + location.pathname;
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
