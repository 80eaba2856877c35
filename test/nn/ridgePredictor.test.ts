import { expect, it } from "vitest";
import { key, normal } from "../../src/core/random.ts";
import type { Device } from "../../src/engine/device.ts";
import { ridgePredictor } from "../../src/nn/ridgePredictor.ts";
import { compile, f32 } from "../../src/tensor/compile.ts";
import { grad } from "../../src/tensor/grad.ts";
import { constant, square, sub, sum } from "../../src/tensor/ops.ts";
import type { Tensor } from "../../src/tensor/Tensor.ts";

const cpu: Device = { name: "cpu", threads: 1 };

const [m, d, k, n, lambda] = [6, 5, 3, 4, 0.01];
const features = normal(key("features"), m * d);
const others = normal(key("others"), n * d);
const targets = normal(key("targets"), m * k);
const wanted = normal(key("wanted"), n * k);

/** Solve A X = B by Gaussian elimination with pivoting, in double precision. */
function solve(a: number[][], b: number[][]): number[][] {
  const rows = a.map((row, i) => [...row, ...b[i]]);
  for (let p = 0; p < rows.length; p++) {
    const best = rows.slice(p).reduce((top, row, i) => (Math.abs(row[p]) > Math.abs(rows[top][p]) ? p + i : top), p);
    [rows[p], rows[best]] = [rows[best], rows[p]];
    for (let i = 0; i < rows.length; i++) {
      if (i === p) continue;
      const factor = rows[i][p] / rows[p][p];
      for (let j = p; j < rows[i].length; j++) rows[i][j] -= factor * rows[p][j];
    }
  }
  return rows.map((row, p) => row.slice(a.length).map((v) => v / row[p]));
}

const matrix = (values: ArrayLike<number>, rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => values[i * columns + j]));
const times = (a: number[][], b: number[][]) =>
  a.map((row) => b[0].map((_, j) => row.reduce((s, v, i) => s + v * b[i][j], 0)));
const turned = (a: number[][]) => a[0].map((_, j) => a.map((row) => row[j]));

/** φ′ φᵀ (φ φᵀ + λ s I)⁻¹ Y written down as it stands. */
function direct(phi: number[][], s?: number): number[][] {
  const gram = times(phi, turned(phi));
  const scale = s ?? gram.reduce((t, row, i) => t + row[i], 0) / m;
  const head = times(
    turned(phi),
    solve(
      gram.map((row, i) => row.map((v, j) => v + (i === j ? lambda * scale : 0))),
      matrix(targets, m, k),
    ),
  );
  return times(matrix(others, n, d), head);
}

it("predicts as the direct solution does", async () => {
  const run = await compile<
    [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>],
    Float32Array<ArrayBuffer>
  >((x: Tensor, y: Tensor, z: Tensor) => ridgePredictor(x, y, lambda)(z), [f32(m, d), f32(m, k), f32(n, d)], cpu);
  const out = await run(features, targets, others);
  direct(matrix(features, m, d))
    .flat()
    .forEach((v, i) => {
      expect(out[i]).toBeCloseTo(v, 3);
    });
  await run.close();
});

it("differentiates through the normal equations, with the scale of the ridge held", async () => {
  const run = await compile<[Float32Array<ArrayBuffer>], Float32Array<ArrayBuffer>>(
    (x: Tensor) => {
      const fixed = (values: Float32Array<ArrayBuffer>, rows: number, columns: number) =>
        constant(values, [rows, columns]);
      const loss = (v: Tensor) =>
        sum(square(sub(ridgePredictor(v, fixed(targets, m, k), lambda)(fixed(others, n, d)), fixed(wanted, n, k))));
      return grad(loss)(x);
    },
    [f32(m, d)],
    cpu,
  );
  const gradient = await run(features);
  const phi = matrix(features, m, d);
  const scale = phi.flat().reduce((s, v) => s + v * v, 0) / m;
  const loss = (x: number[][]) =>
    direct(x, scale)
      .flat()
      .reduce((s, v, i) => s + (v - wanted[i]) ** 2, 0);
  const eps = 1e-5;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < d; j++) {
      const moved = (by: number) => phi.map((row, a) => row.map((v, b) => (a === i && b === j ? v + by : v)));
      const slope = (loss(moved(eps)) - loss(moved(-eps))) / (2 * eps);
      expect(Math.abs(gradient[i * d + j] - slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
    }
  await run.close();
});
