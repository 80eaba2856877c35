import { expect, it } from "vitest";
import { namedProtocols, protocolNamed } from "../../src/train/namedProtocols.ts";
import { protocolOptions } from "../../src/train/protocol.ts";
import { resolveProtocol } from "../../src/train/resolveProtocol.ts";

const learnt = { metadata: { lr: 0.03 } };

it.each(Object.keys(namedProtocols))("%s is one that receivers can follow", (name) => {
  const settings = protocolNamed(name, learnt, "test");
  expect(resolveProtocol(protocolOptions.parse(settings))).toMatchObject(settings);
  expect(settings.epochs).toBeGreaterThanOrEqual(300);
});

it("trajectories are judged at the rate that the set was learnt with, or at one that somebody says", () => {
  expect(protocolNamed("mtt", learnt, "test").lr).toBe(0.03);
  expect(protocolNamed("mtt", { metadata: {} }, "test", 0.1)).not.toHaveProperty("lr");
  expect(protocolNamed("dsa", learnt, "test")).not.toHaveProperty("lr");
  expect(() => protocolNamed("datm", { metadata: { lr: "0.03" } }, "retort evaluate")).toThrow(
    "retort evaluate: missing learning rate: expected one that the set was learnt with for the protocol datm, got none; say --lr",
  );
  expect(() => protocolNamed("kip", learnt, "test")).toThrow("test: unknown protocol");
});
