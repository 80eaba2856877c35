import { program } from "./steps.ts";

/**
 * Run many training steps and many compilations and print the resident memory on the way: it must stay flat.
 *
 *   npx tsx bench/soak.ts [minutes = 5]
 */
const minutes = Number(process.argv[2] ?? 5);
// By turns a batch in one piece and one that is taken in parts.
const programs = [10, 50].map((batch) => program("train", { width: 32, batch, channels: 3 }));
const start = performance.now();
let runs = 0;
let compilations = 0;
for (let report = 0; performance.now() - start < minutes * 60_000; ) {
  const { load, args } = programs[compilations % programs.length];
  const step = await load({ name: "cpu", threads: 1 });
  for (let i = 0; i < 200; i++, runs++) await step(...args);
  await step.close();
  compilations++;
  if (performance.now() - start < report * 30_000) continue;
  report++;
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0).padStart(6);
  const seconds = ((performance.now() - start) / 1000).toFixed(0).padStart(6);
  console.log(
    `${seconds} s ${runs} runs ${compilations} compilations: RSS ${mib(rss)} heap ${mib(heapUsed)} buffers ${mib(arrayBuffers)} MiB`,
  );
}
