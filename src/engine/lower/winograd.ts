import { type Graph, sizeOf, type Value } from "../graph.ts";
import { arrange, type Factor, shapeOf, type View } from "../view.ts";
import { contiguousLast, gatherRows, rowTable } from "./rows.ts";
import { type ConvParams, outSizes, unflipSpatial, wholeFlip } from "./spatial.ts";
import { multiply } from "./unfold.ts";

/**
 * 3×3 and 5×5 convolutions of stride 1 and both their derivatives with a quarter to a third of the multiplications:
 * Winograd's minimal filtering F(m×m, r×r) (arXiv 1509.09308).
 *
 * Any such contraction joins three tensors: a kernel K[cx, cy, r×r] and two feature maps X[n, cx, …], Y[n, cy, …] with
 * position x = k + y − c. Y is cut into m×m tiles and X into the (m+r−1)×(m+r−1) windows that they see. With the matrices
 * A, G, B of the method, y = Aᵀ[(G k) ⊙ (B x)]: a gather, two small products that mix the elements of a tile, and one
 * product a window element in between. The kernel's gradient is the transpose, Gᵀ[(B x) ⊙ (A y)].
 */
export function winograd(graph: Graph, lhs: View, rhs: View, params: ConvParams, precise: boolean): View | undefined {
  const roles = assign(lhs, rhs, params);
  if (!roles) return undefined;
  const { sizes, taps } = roles;
  const sides = sizes.y.map((size) => tileSide(size, taps, precise));
  if (!sides.every((m) => m !== undefined)) return undefined;
  const tiles = sides.map((m) => tileOf(m, taps));
  const rows = sizes.n * tileCount(roles, tiles);
  const fewest = precise ? FEWEST_CHANNELS_PRECISE : FEWEST_CHANNELS;
  if (Math.min(sizes.cx, sizes.cy) < fewest || rows < FEWEST_ROWS) return undefined;
  return roles.k === "out" ? kernelGradient(graph, roles, tiles) : filtered(graph, roles, tiles);
}

/** Chosen by measurement: below these the transforms cost more than the multiplications they save. */
const FEWEST_CHANNELS = 12;
const FEWEST_CHANNELS_PRECISE = 32;
const FEWEST_ROWS = 8;

/** Windows of 6 lose a factor of three in accuracy against the plain sum, windows of 4 nothing. */
function tileSide(size: number, taps: number, precise: boolean): number | undefined {
  const sides = [4, 2].filter((m) => points[m + taps - 1] && (m + taps - 1 < 6 || !precise));
  return sides.find((m) => size % m === 0);
}

interface Roles {
  /** Side of the kernel. */
  readonly taps: number;
  /** Which of the three is the kernel. */
  readonly k: "lhs" | "rhs" | "out";
  readonly kernel?: View;
  readonly x: View;
  readonly y?: View;
  /** Logical dimension of n and of the channel, in each. */
  readonly xDims: { n: number; c: number };
  readonly sizes: { n: number; cx: number; cy: number; x: readonly number[]; y: readonly number[] };
  /** x = k + y − c, per spatial dimension. */
  readonly shift: readonly number[];
  readonly scale: number;
}

function assign(lhs: View, rhs: View, params: ConvParams): Roles | undefined {
  const plain = [...params.strides, ...params.lhsDilation, ...params.rhsDilation].every((n) => n === 1);
  if (shapeOf(lhs).length !== 4 || !plain) return undefined;
  return assignWith(3, lhs, rhs, params) ?? assignWith(5, lhs, rhs, params);
}

function assignWith(taps: number, lhs: View, rhs: View, params: ConvParams): Roles | undefined {
  const [sl, sr] = [shapeOf(lhs), shapeOf(rhs)];
  const [s, t] = [sl.slice(2), sr.slice(2)];
  const p = outSizes(s, t, params);
  const [a, k, b] = [sl[0], sl[1], sr[0]];
  const low = params.padding.map((w) => w[0]);
  const isKernel = (sizes: readonly number[]) => sizes.every((n) => n === taps);
  const scale = lhs.scale * rhs.scale;
  // s = p + t − padding: three ways to read it as x = kernel + y − shift.
  if (isKernel(t) && !isKernel(p))
    return {
      taps,
      k: "rhs",
      kernel: rhs,
      x: lhs,
      xDims: { n: 0, c: 1 },
      sizes: { n: a, cx: k, cy: b, x: s, y: p },
      shift: low,
      scale,
    };
  if (isKernel(p) && !isKernel(t))
    return {
      taps,
      k: "out",
      x: lhs,
      y: rhs,
      xDims: { n: 1, c: 0 },
      sizes: { n: k, cx: a, cy: b, x: s, y: t },
      shift: low,
      scale,
    };
  if (isKernel(s) && !isKernel(p) && !isKernel(t)) {
    // t = s + p̄ − (P − 1 − padding) with p̄ = P − 1 − p: the result comes out backwards.
    const shift = p.map((n, d) => n - 1 - low[d]);
    return {
      taps,
      k: "lhs",
      kernel: lhs,
      x: rhs,
      xDims: { n: 0, c: 1 },
      sizes: { n: b, cx: k, cy: a, x: t, y: p },
      shift,
      scale,
    };
  }
  return undefined;
}

/** Y from X and K. */
function filtered(graph: Graph, r: Roles, tiles: readonly Tile[]): View {
  const { n, cx, cy } = r.sizes;
  const t2 = sizeOf(tiles.map(({ window }) => window));
  const rows = n * tileCount(r, tiles);
  const v = tilesOfX(graph, r, tiles);
  const kernel = unflipSpatial(r.kernel!);
  // The kernel as [taps, contracted, other] or [taps, other, contracted], whichever it lies in.
  const turn = !contiguousLast(kernel, 0) && contiguousLast(kernel, 1);
  const taps = arrange(graph, kernel, turn ? [[2, 3], [0], [1]] : [[2, 3], [1], [0]]);
  const g = tiles.map((tile, d) => mirrored(tile.g, wholeFlip(r.kernel!.dims[2 + d])));
  const u = graph.reshape(
    mix(graph, g, graph.reshape(taps, [r.taps ** 2, cx * cy])),
    turn ? [t2, cy, cx] : [t2, cx, cy],
  );
  const product = multiply(graph, graph.reshape(v, [t2, rows, cx]), u, [t2, rows, cy], 1, turn ? { transB: 1 } : {});
  const a = tiles.map(({ at }) => at);
  const y = mix(graph, a, graph.reshape(product, [t2, rows * cy]), r.scale);
  const counts = r.sizes.y.map((size, d) => size / tiles[d].side);
  const value = graph.reshape(y, [...tiles.map(({ side }) => side), ...counts, n, cy]);
  const backwards = r.k === "lhs";
  const factor = (axis: number, flip = false): Factor[] =>
    value.shape[axis] === 1 ? [] : [{ size: value.shape[axis], axis, flip }];
  const spatial = [0, 1].map((d) => [...factor(2 + d, backwards), ...factor(d, backwards)]);
  const pair = [factor(4), factor(5)];
  return { value, scale: 1, dims: [...(backwards ? pair.reverse() : pair), ...spatial] };
}

/** K from X and Y. */
function kernelGradient(graph: Graph, r: Roles, tiles: readonly Tile[]): View {
  const { n, cx, cy } = r.sizes;
  const t2 = sizeOf(tiles.map(({ window }) => window));
  const m2 = sizeOf(tiles.map(({ side }) => side));
  const rows = n * tileCount(r, tiles);
  const v = tilesOfX(graph, r, tiles);
  const a = tiles.map(({ at }) => turnedMatrix(at));
  const d = mix(graph, a, tilesOfY(graph, r, tiles, m2));
  const product = multiply(graph, graph.reshape(v, [t2, rows, cx]), graph.reshape(d, [t2, rows, cy]), [t2, cx, cy], 1, {
    transA: 1,
  });
  const g = tiles.map((tile) => turnedMatrix(tile.g));
  const value = graph.reshape(mix(graph, g, graph.reshape(product, [t2, cx * cy]), r.scale), [r.taps, r.taps, cx, cy]);
  const factor = (axis: number): Factor[] =>
    value.shape[axis] === 1 ? [] : [{ size: value.shape[axis], axis, flip: false }];
  return { value, scale: 1, dims: [factor(2), factor(3), factor(0), factor(1)] };
}

const tileCount = (r: Roles, tiles: readonly Tile[]): number =>
  r.sizes.y.reduce((n, size, d) => n * (size / tiles[d].side), 1);

/** B x: [window², rows · cx], rows in the order tile row, tile column, n. */
function tilesOfX(graph: Graph, r: Roles, tiles: readonly Tile[]): Value {
  const table = rowTable(graph, r.x, r.xDims.c);
  const [th, tw] = r.sizes.y.map((size, d) => size / tiles[d].side);
  const [eh, ew] = tiles.map(({ window }) => window);
  const batch = table.offsets[r.xDims.n];
  const at = new Int32Array(eh * ew * th * tw * batch.length);
  // A position outside is read as zero.
  const offset = (d: number, i: number) => table.offsets[2 + d][i - r.shift[d]] ?? -1;
  let next = 0;
  for (let a = 0; a < eh; a++)
    for (let b = 0; b < ew; b++)
      for (let i = 0; i < th; i++)
        for (let j = 0; j < tw; j++) {
          const h = offset(0, i * tiles[0].side + a);
          const w = offset(1, j * tiles[1].side + b);
          for (const o of batch) at[next++] = h < 0 || w < 0 ? -1 : o + h + w;
        }
  const gathered = gatherRows(graph, table.value, at);
  return mix(
    graph,
    tiles.map((tile) => tile.b),
    graph.reshape(gathered, [eh * ew, (at.length / (eh * ew)) * r.sizes.cx]),
  );
}

/** [m², rows · cy] in the same order of rows. */
function tilesOfY(graph: Graph, r: Roles, tiles: readonly Tile[], m2: number): Value {
  const table = rowTable(graph, r.y!, 0);
  const [th, tw] = r.sizes.y.map((size, d) => size / tiles[d].side);
  const [h, w] = [table.offsets[2], table.offsets[3]];
  const at: number[] = [];
  for (let a = 0; a < tiles[0].side; a++)
    for (let b = 0; b < tiles[1].side; b++)
      for (let i = 0; i < th; i++)
        for (let j = 0; j < tw; j++)
          for (const o of table.offsets[1]) at.push(o + h[i * tiles[0].side + a] + w[j * tiles[1].side + b]);
  return graph.reshape(gatherRows(graph, table.value, Int32Array.from(at)), [m2, (at.length / m2) * r.sizes.cy]);
}

/**
 * Mix tile elements, one direction after the other: matrices [to, from] of rows and columns, values [rows · columns,
 * many]. One product with both matrices' Kronecker product takes twice as long for tiles of 4.
 */
function mix(graph: Graph, [byRows, byColumns]: readonly Matrix[], values: Value, scale = 1): Value {
  const [rows, columns, many] = [byRows.length, byColumns.length, values.shape[1]];
  const from = byColumns[0].length;
  const constant = (m: Matrix) => graph.constant(Float32Array.from(m.flat()), [m.length, m[0].length], "float32");
  const flat = graph.reshape(values, [byRows[0].length, from * many]);
  const half = graph.node("MatMul", [constant(byRows), flat], [rows, from * many]);
  const cut = graph.reshape(half, [rows, from, many]);
  const whole = graph.node("MatMul", [constant(scaled(byColumns, scale)), cut], [rows, columns, many]);
  return graph.reshape(whole, [rows * columns, many]);
}

type Matrix = readonly (readonly number[])[];

/** Outputs of a tile along one direction, what they see, and how both are mixed. */
interface Tile {
  readonly side: number;
  /** side + taps − 1. */
  readonly window: number;
  /** Aᵀ [side, window], G [window, taps], B [window, window]: y = Aᵀ[(G k) ⊙ (B x)]. */
  readonly at: Matrix;
  readonly g: Matrix;
  readonly b: Matrix;
}

/**
 * By window. Chosen: of the sets of points tried, these lose least in single precision: relative error 1.0e-6 against 0.4e-6 of
 * the plain sum at 128 channels, where the customary 0, ±1, ±2 has 2.4e-6.
 */
const points: Readonly<Record<number, readonly number[]>> = { 4: [0, 1, -1], 6: [0, 5 / 8, -5 / 8, 3 / 2, -3 / 2] };

const known = new Map<string, Tile>();

/** Toom and Cook's method: evaluate at the points and at infinity, multiply, interpolate; here transposed. */
function tileOf(side: number, taps: number): Tile {
  const name = `${side} ${taps}`;
  let made = known.get(name);
  if (!made) {
    const window = side + taps - 1;
    const evaluate = (degree: number): Matrix => [
      ...points[window].map((p) => Array.from({ length: degree }, (_, j) => p ** j)),
      Array.from({ length: degree }, (_, j) => (j === degree - 1 ? 1 : 0)),
    ];
    const [at, b] = [turnedMatrix(evaluate(side)), turnedMatrix(inverse(evaluate(window)))];
    made = { side, window, at, g: evaluate(taps), b };
    known.set(name, made);
  }
  return made;
}

function inverse(matrix: Matrix): Matrix {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))]);
  for (let c = 0; c < n; c++) {
    const pivot = rows
      .slice(c)
      .reduce((best, row, i) => (Math.abs(row[c]) > Math.abs(rows[best][c]) ? c + i : best), c);
    [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
    rows[c] = rows[c].map((v) => v / rows[c][c]);
    for (let r = 0; r < n; r++) if (r !== c) rows[r] = rows[r].map((v, j) => v - rows[r][c] * rows[c][j]);
  }
  return rows.map((row) => row.slice(n));
}

const turnedMatrix = (m: Matrix): Matrix => m[0].map((_, j) => m.map((row) => row[j]));
const mirrored = (m: Matrix, yes: boolean): Matrix => (yes ? m.map((row) => [...row].reverse()) : m);
const scaled = (m: Matrix, by: number): Matrix => m.map((row) => row.map((v) => v * by));
