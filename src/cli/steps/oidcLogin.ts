import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { UsageError } from "../../core/errors.ts";

export interface Login {
  /** Base URL of the OpenID Connect provider. */
  readonly issuer: string;
  readonly clientId: string;
  /** Shows the address that the user must open. */
  readonly show: (url: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Get an identity token with the user's browser: authorisation code with PKCE, answered on the loopback interface.
 *
 * Source: RFC 8252 §7.3 (loopback redirect), RFC 7636 (PKCE), OpenID Connect Core §3.1.
 *
 * @throws UsageError if the provider refuses or answers a question that was not asked.
 */
export async function oidcLogin({ issuer, clientId, show, signal }: Login): Promise<string> {
  const provider = await getJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
  const verifier = randomBytes(32).toString("base64url");
  const [state, nonce] = [randomBytes(16).toString("base64url"), randomBytes(16).toString("base64url")];
  const { redirect, code, close } = await listen(state, signal);
  try {
    const question = new URL(String(provider.authorization_endpoint));
    question.search = new URLSearchParams({
      response_type: "code",
      client_id: clientId,
      redirect_uri: redirect,
      scope: "openid email",
      state,
      nonce,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    }).toString();
    show(question.href);
    const answer = await getJson(String(provider.token_endpoint), {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code: await code,
        redirect_uri: redirect,
        client_id: clientId,
        code_verifier: verifier,
      }),
    });
    return checkNonce(answer.id_token, nonce);
  } finally {
    close();
  }
}

async function getJson(url: string, init?: RequestInit): Promise<Record<string, unknown>> {
  const response = await fetch(url, init).catch((error: Error) => {
    throw new UsageError(`oidcLogin: failed request: ${url} cannot be reached (${error.message})`);
  });
  if (!response.ok) throw new UsageError(`oidcLogin: failed request: ${url} answered ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

/** Wait on a free loopback port for the browser to come back with the code. */
async function listen(state: string, signal: AbortSignal) {
  let settle: { resolve: (code: string) => void; reject: (error: unknown) => void } | undefined;
  const code = new Promise<string>((resolve, reject) => {
    settle = { resolve, reject };
  });
  code.catch(() => {});
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? "/", "http://localhost").searchParams;
    const given = query.get("code");
    const good = query.get("state") === state && given !== null;
    response.writeHead(good ? 200 : 400, { "Content-Type": "text/plain; charset=utf-8" });
    response.end(good ? "Signed in. You can close this page." : "This is not the answer that was waited for.");
    if (good) settle?.resolve(given);
    else if (query.get("state") === state)
      settle?.reject(new UsageError(`oidcLogin: refused: ${query.get("error") ?? "no code"}`));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  signal.addEventListener("abort", () => settle?.reject(signal.reason));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { redirect: `http://localhost:${port}/auth/callback`, code, close };
}

/** The token must answer this login and no other. Its signature is checked by the certificate authority. */
function checkNonce(token: unknown, nonce: string): string {
  const payload = typeof token === "string" ? token.split(".")[1] : undefined;
  if (payload === undefined)
    throw new UsageError("oidcLogin: missing identity token: expected one in the provider's answer");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as { nonce?: unknown };
  if (claims.nonce !== nonce)
    throw new UsageError("oidcLogin: invalid identity token: expected it to carry the nonce of this login");
  return token as string;
}
