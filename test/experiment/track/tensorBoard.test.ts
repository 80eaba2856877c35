import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { crc32c } from "../../../src/experiment/track/crc32c.ts";
import { writeTensorBoard } from "../../../src/experiment/track/tensorBoard.ts";
import { syntheticSweep } from "../../report/sweep/syntheticSweep.ts";

it("CRC-32C agrees with the vectors of RFC 3720, B.4", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
});

/** Records of a TFRecord file. @throws if a checksum is wrong. */
function records(file: Buffer): Buffer[] {
  const unmasked = (at: number) => {
    const rotated = (file.readUInt32LE(at) - 0xa282ead8) >>> 0;
    return ((rotated << 15) | (rotated >>> 17)) >>> 0;
  };
  const found: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    expect(unmasked(at + 8)).toBe(crc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(data).toHaveLength(length);
    expect(unmasked(at + 12 + length)).toBe(crc32c(data));
    found.push(data);
    at += 16 + length;
  }
  return found;
}

/** Fields of a protocol buffer by number, the last of each. */
function fields(data: Buffer): Map<number, number | Buffer> {
  const found = new Map<number, number | Buffer>();
  let at = 0;
  const varint = () => {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = data[at++];
      value += (byte & 127) * 2 ** shift;
      shift += 7;
      if (byte < 128) return value;
    }
  };
  const take = (length: number) => {
    at += length;
    return data.subarray(at - length, at);
  };
  while (at < data.length) {
    const tag = varint();
    const [field, type] = [tag >>> 3, tag & 7];
    if (type === 0) found.set(field, varint());
    else if (type === 1) found.set(field, take(8).readDoubleLE());
    else if (type === 5) found.set(field, take(4).readFloatLE());
    else found.set(field, take(varint()));
  }
  return found;
}

it("event files read back as the rates of the sweep", async () => {
  const folder = await mkdtemp(join(tmpdir(), "retort-events-"));
  const sweep = syntheticSweep({ axes: { trigger: ["a/b", "c"] }, failEvery: 2 });
  const paths = await writeTensorBoard(folder, sweep, 1234.5);
  expect(paths).toEqual([join(folder, `trigger=a_b ${sweep.trials[0].id}`, "events.out.tfevents.0.retort")]);
  const [first, ...rest] = records(await readFile(paths[0])).map(fields);
  expect([first.get(1), String(first.get(3))]).toEqual([1234.5, "brain.Event:2"]);
  const read = rest.map((event) => {
    const value = fields(fields(event.get(5) as Buffer).get(1) as Buffer);
    return [event.get(1), event.get(2), String(value.get(1)), value.get(2)];
  });
  const [trial] = sweep.trials;
  if (trial.status !== "ok") throw new Error("the first trial of the fixture is finished");
  const expected = trial.evaluations.flatMap(({ network: _, epochs: __, set, seed, ...rates }) =>
    Object.entries(rates).map(([name, rate]) => [1234.5, seed, `${set}/${name}`, Math.fround(rate)]),
  );
  expect(read).toEqual(expected);
  await rm(folder, { recursive: true });
});
