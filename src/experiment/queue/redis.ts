import type { RedisOptions } from "bullmq";
import { UsageError } from "../../core/errors.ts";
import type { Versions } from "../../run/versions.ts";

/**
 * Where a queue lives: `redis://[user:password@]host[:port][/database]`, `rediss://` over TLS.
 *
 * @param password used where the address has none: command lines can be read by others.
 * @throws UsageError if it is no such address. The address itself, which may hold a password, is not repeated.
 */
export function redisOptions(address: string, password?: string): RedisOptions {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const database = /^\/?(\d*)$/.exec(url?.pathname ?? "")?.[1];
  if (!url || !["redis:", "rediss:"].includes(url.protocol) || database === undefined)
    throw new UsageError("queue: invalid address: expected redis://host:port or rediss://host:port, got another form");
  const secret = url.password ? decodeURIComponent(url.password) : password;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 6379),
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(secret && { password: secret }),
    ...(database && { db: Number(database) }),
    ...(url.protocol === "rediss:" && { tls: { servername: url.hostname } }),
    // A worker that lost its connection tries again as long as it lives.
    maxRetriesPerRequest: null,
  };
}

/** Load the optional packages. @throws UsageError that says what to install. */
export async function loadBull(): Promise<typeof import("bullmq")> {
  try {
    await import("ioredis");
    return await import("bullmq");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError("queue: missing package: expected bullmq and ioredis, got none; npm install bullmq ioredis");
  }
}

/** One queue for each set of versions: results of a sweep come from one of them. */
export const queueName = ({ retort, node, onnxruntime, platform }: Versions): string =>
  `retort-${retort}-node-${node}-onnxruntime-${onnxruntime}-${platform}`;

/** Wait until Redis answers. @throws UsageError on the first error before that. */
export async function connected(
  client: { waitUntilReady(): Promise<unknown>; on(event: "error", listener: (error: Error) => void): unknown },
  { host, port }: RedisOptions,
  onLater: (error: Error) => void,
): Promise<void> {
  let ready = false;
  const failed = new Promise<never>((_, reject) => {
    client.on("error", (error) => {
      if (ready) onLater(error);
      else reject(new UsageError(`queue: missing Redis: expected one at ${host}:${port}, got ${error.message}`));
    });
  });
  await Promise.race([client.waitUntilReady(), failed]);
  ready = true;
}

/** Look whether Redis answers, before anything is made. @throws UsageError if it does not. */
export async function checkReachable(address: string, password?: string): Promise<void> {
  const { Queue } = await loadBull();
  const connection = redisOptions(address, password);
  const queue = new Queue("retort-hello", { connection, skipMetasUpdate: true });
  try {
    await connected(queue, connection, () => {});
  } finally {
    await queue.close();
  }
}
