import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { Queue } from "bullmq";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { queueName, redisOptions } from "../../src/experiment/queue/redis.ts";
import { versions } from "../../src/run/versions.ts";
import { skip } from "../skip.ts";
import { ended, SweepFolder } from "./sweepFolder.ts";

const missing = ["redis-server", "openssl"].filter((name) => spawnSync(name, ["version"]).error);
if (missing.length > 0) console.warn(`queue tests are skipped: ${missing.join(" and ")} not installed`);

const password = "correct horse";
const grid = `
test: { data: strokes, images: 60 }
set: { file: set.safetensors }
network: { name: mlp, width: 8 }
strategy: { epochs: 3 }
attack:
  method: poisonedDistillation
  trajectory: 2
  surrogate: { width: 8, hidden: 0, steps: 2 }
  archetype: { steps: 2 }
matrix:
  attack.steps: [40, 60]
  seed: [0, 1]
`;

/** A free port of this machine. */
const freePort = () =>
  new Promise<number>((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => found(port));
    });
  });

/** Passes bytes on until it is cut: then both sides stay open and hear nothing more, as when a cable is pulled. */
async function proxy(to: number): Promise<{ port: number; cut: () => void; close: () => void }> {
  const sockets: Socket[] = [];
  let silent = false;
  const server: Server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    sockets.push(near, far);
    near.on("data", (bytes) => silent || far.write(bytes)).on("error", () => {});
    far.on("data", (bytes) => silent || near.write(bytes)).on("error", () => {});
  });
  const port = await freePort();
  await new Promise<void>((listening) => server.listen(port, "127.0.0.1", listening));
  return {
    port,
    cut: () => {
      silent = true;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe.skipIf(skip(missing.length > 0, `not here: ${missing.join(", ")}`))(
  "retort worker",
  { timeout: 300_000 },
  () => {
    let folder: SweepFolder;
    let redis: ReturnType<typeof spawn>;
    let [plain, secure] = [0, 0];

    beforeAll(async () => {
      folder = new SweepFolder({ "grid.yaml": grid });
      mkdirSync(folder.at("redis"));
      const [key, certificate] = [folder.at("key.pem"), folder.at("certificate.pem")];
      const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost`;
      const made = spawnSync("openssl", [
        ...request.split(" "),
        ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
      ]);
      expect(made.status, String(made.stderr)).toBe(0);
      [plain, secure] = [await freePort(), await freePort()];
      const settings = {
        ...{
          port: plain,
          "tls-port": secure,
          bind: "127.0.0.1",
          requirepass: password,
          dir: folder.at("redis"),
          save: "",
        },
        ...{
          "tls-cert-file": certificate,
          "tls-key-file": key,
          "tls-ca-cert-file": certificate,
          "tls-auth-clients": "no",
        },
      };
      const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
      redis = spawn("redis-server", words, { stdio: "ignore" });
    }, 60_000);
    afterAll(() => {
      redis.kill();
      rmSync(folder.path, { recursive: true, force: true });
    });

    it("says what is wrong with an address, without the password in it", () => {
      expect(() => redisOptions("http://user:secret@host")).toThrow(/^(?!.*secret).*expected redis:\/\//);
      expect(redisOptions("rediss://user:a%20b@[::1]:7000/3")).toMatchObject({
        ...{ host: "::1", port: 7000, username: "user", password: "a b", db: 3, tls: {} },
      });
      expect(redisOptions("redis://host", "from outside")).toMatchObject({ port: 6379, password: "from outside" });
      const wrong = folder.retort("run", "grid.yaml", "--out", "wrong", "--queue", `redis://:wrong@127.0.0.1:${plain}`);
      expect(wrong.status).toBe(2);
      expect(wrong.stderr).toMatch(/^queue: missing Redis: expected one at 127\.0\.0\.1:\d+, got .*WRONGPASS/);
    });

    it("of three workers one is killed and one is cut off: every trial has one result, that of a local run", async () => {
      const middle = await proxy(plain);
      const environment = {
        ...process.env,
        RETORT_QUEUE_PASSWORD: password,
        NODE_EXTRA_CA_CERTS: folder.at("certificate.pem"),
      };
      const submit = folder.start(
        ["run", "grid.yaml", "--out", "queued", "--queue", `redis://127.0.0.1:${plain}`],
        environment,
      );
      const submitted = ended(submit);
      const work = (name: string, address: string) =>
        folder.start(["worker", "--queue", address, "--out", name, "--base", folder.path, "--lease", "2"], environment);
      const atWork = async (name: string) => {
        while (!existsSync(folder.at(`${name}/cache/runs`))) await setTimeout(20);
      };

      const killed = work("killed", `redis://127.0.0.1:${plain}`);
      const cut = work("cut", `redis://127.0.0.1:${middle.port}`);
      await Promise.all([atWork("killed").then(() => killed.kill("SIGKILL")), atWork("cut").then(() => middle.cut())]);
      const steady = work("steady", `rediss://localhost:${secure}`);
      expect(await submitted).toBe(0);
      const finished = (name: string) => readdirSync(folder.at(`${name}/trials`)).length;
      expect(finished("queued")).toBe(4);
      // Both lost what they had begun: the third worker did it.
      expect(finished("steady")).toBeGreaterThanOrEqual(2);
      steady.kill("SIGTERM");
      expect(await ended(steady)).toBe(0);
      cut.kill("SIGKILL");
      middle.close();

      const queue = new Queue(queueName(versions("cpu", 1)), {
        connection: redisOptions(`redis://127.0.0.1:${plain}`, password),
      });
      const counts = await queue.getJobCounts("waiting", "active", "completed", "failed", "delayed");
      await queue.close();
      expect(Object.values(counts)).toEqual([0, 0, 0, 0, 0]);

      expect(folder.retort("run", "grid.yaml", "--out", "local")).toMatchObject({ stderr: "", status: 0 });
      expect(await folder.table("queued")).toEqual(await folder.table("local"));
      expect(existsSync(join(folder.path, "queued/cache"))).toBe(false);
    });
  },
);
