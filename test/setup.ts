import process from "node:process";
import fc from "fast-check";
import { afterAll, expect, vi } from "vitest";
import { openSessions } from "../src/engine/session.ts";
import { sameBytes } from "./sameBytes.ts";

// Property tests draw the same cases run after run; another seed can be asked for: FC_SEED=7 npm test
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 1) });

expect.addEqualityTesters([sameBytes]);

vi.mock("onnxruntime-node", async (load) => {
  const { poolSessions } = await import("./sessionPool.ts");
  return poolSessions(await load());
});

// Files share a process: what one leaves open would be another's.
afterAll(() => {
  expect(openSessions(), "sessions that this file left open").toBe(0);
});
