import process from "node:process";
import fc from "fast-check";
import { expect, vi } from "vitest";
import { sameBytes } from "./sameBytes.ts";

// Property tests draw the same cases run after run; another seed can be asked for: FC_SEED=7 npm test
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 1) });

expect.addEqualityTesters([sameBytes]);

vi.mock("onnxruntime-node", async (load) => {
  const { poolSessions } = await import("./sessionPool.ts");
  return poolSessions(await load());
});
