/**
 * Where the time of fitting a whitening goes: `npx tsx bench/whitening.ts [NAME]`, by default cifar-10 (RETORT_DATA).
 *
 * Seconds of the processor on one thread; the fit itself asks nothing of the disk.
 */
import process from "node:process";
import { fitWhitening } from "../src/disk/whitening/fitWhitening.ts";
import { openRaw } from "../src/node.ts";

const [name = "cifar-10"] = process.argv.slice(2);
const seconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const raw = await openRaw(name, "train");
const start = seconds();
const marks: [number, number, number][] = [];
await fitWhitening(raw, {
  epsilon: 0.1,
  device: { name: "cpu", threads: 1 },
  onProgress: (done, total) => marks.push([done, total, seconds() - start]),
});
const chunks = Math.ceil(raw.shape[0] / 1000);
const covariance = marks.find(([done]) => done === chunks)?.[2] ?? 0;
const end = seconds() - start;
console.log(
  `${name}: covariance ${covariance.toFixed(1)} s, square roots ${(end - covariance).toFixed(1)} s, together ${end.toFixed(1)} s`,
);
