import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import type { AttackResult } from "../../attack/Attack.ts";
import { type Diffed, diffSets } from "../../audit/diff/diffSets.ts";
import { drive } from "../../core/drive.ts";
import { child } from "../../core/random.ts";
import { version } from "../../core/version.ts";
import type { DistilledSet } from "../../data/DistilledSet.ts";
import type { LabelledSet } from "../../data/LabelledSet.ts";
import { commitSeal } from "../../disk/commitSeal.ts";
import { sealFolder } from "../../disk/sealFolder.ts";
import { setToSafetensors } from "../../formats/safetensors.ts";
import { audit } from "../../library/audit.ts";
import { type SanitiseResult, sanitise } from "../../library/sanitise.ts";
import { convNet } from "../../nn/networks/convNet.ts";
import { generateKeys, loadPrivateKey } from "../../seal/keys.ts";
import { makeSeal } from "../../seal/makeSeal.ts";
import { trustKey } from "../../seal/Trust.ts";
import type { Verification } from "../../seal/verifySeal.ts";
import { verifySeal } from "../../seal/verifySeal.ts";
import { measure } from "../../train/measure.ts";
import { protocolOptions } from "../../train/protocol.ts";
import type { Work } from "./attackRun.ts";

/** Sign the set as its publisher, put the tampered one in its place as somebody on the way, and check that as its receiver. */
export async function sealedAndSwapped(
  { run }: Work,
  clean: DistilledSet,
  tampered: DistilledSet,
  now: Date,
): Promise<{ fingerprint: string; verification: Verification; diffed: Diffed }> {
  const folder = run.path("sealed");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const file = join(folder, "set.safetensors");
  await writeFile(file, setToSafetensors(clean));
  const { privatePem, publicPem } = generateKeys();
  const date = now.toISOString().slice(0, 10);
  const { files, fingerprint } = await makeSeal(sealFolder(folder), {
    sealer: { kind: "key", key: loadPrivateKey(privatePem) },
    set: { value: clean, format: "safetensors" },
    facts: {},
    description: { name: "strokes, distilled", date, today: date },
    tool: { version, node: process.versions.node },
    detached: false,
  });
  commitSeal(folder, files);
  await writeFile(file, setToSafetensors(tampered));
  const trust = { kind: "keys" as const, keys: [trustKey(publicPem)] };
  const verification = await verifySeal(sealFolder(folder), { trust, at: now });
  const diffed = diffSets({ ...clean, name: "as published" }, { ...tampered, name: "as received" });
  return { fingerprint, verification, diffed };
}

/** Audit the tampered set and repair what it most suspects, whatever the verdict is; with bars. */
export async function auditedAndRepaired(
  { console, signal, device }: Work,
  tampered: DistilledSet,
  seed: number,
): Promise<{ audited: Awaited<ReturnType<typeof audit>>; seconds: number; sanitised: SanitiseResult }> {
  // What the set says of itself is the demo's own honesty: the audit does not read it.
  const call = { seed, device, signal };
  const start = performance.now();
  const bar = console.progress("audit", 100);
  const audited = await audit(
    tampered,
    {},
    {
      ...call,
      onProgress: ({ phase, done, total }) => bar.update((100 * done) / total, phase),
    },
  ).finally(() => bar.end());
  const seconds = (performance.now() - start) / 1000;
  const repair = console.progress("sanitise", 100);
  const { conclusion, result } = audited;
  const sanitised = await sanitise(
    tampered,
    { audit: { ...result, ...conclusion }, force: true },
    { ...call, onProgress: ({ phase, done, total }) => repair.update((100 * done) / total, phase) },
  ).finally(() => repair.end());
  return { audited, seconds, sanitised };
}

/** Train receivers of a third set, from the same weights as those of the others. */
export async function alsoMeasured(
  { key, device, signal, console }: Work,
  set: DistilledSet,
  result: AttackResult,
  test: LabelledSet,
  { width, networks, epochs }: { width: number; networks: number; epochs: number },
): Promise<{ cta: number; asr: number }> {
  const [, channels, size] = set.shape;
  const network = convNet({ channels, size, classes: set.classes }, { width });
  const bar = console.progress("evaluate the repaired set", networks);
  const plan = {
    ...{ sets: [{ name: "tampered" as const, set }], test, backdoor: result, repeats: networks, signal, device },
    ...{ key: child(key, "evaluate"), epochs: [epochs], protocol: protocolOptions.parse({ epochs }) },
    networks: { [`convNet-${width}`]: network },
  };
  const { evaluations } = await drive(
    measure(plan, undefined, ({ done }) => bar.update(done)),
    { signal },
  ).finally(() => bar.end());
  const mean = (rates: readonly (number | undefined)[]) =>
    rates.reduce<number>((sum, one) => sum + (one ?? 0), 0) / rates.length;
  return { cta: mean(evaluations.map(({ cta }) => cta)), asr: mean(evaluations.map(({ asr }) => asr)) };
}
