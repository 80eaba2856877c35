import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Layer → layers it may import besides itself. Everything points down; siblings do not know each other. */
const spine = ["core", "engine", "tensor", "metrics", "nn", "data", "train"];
const sets = ["core", "data", "formats", "metrics", "page"];
const methods = ["distill", "attack", "audit", "sanitise"];
const library = [...spine, ...methods, "formats", "page", "report", "library"];
const disk = [...spine, "formats", "seal", "disk"];
const below: Readonly<Record<string, readonly string[]>> = {
  core: [],
  engine: ["core"],
  tensor: ["core", "engine"],
  metrics: ["core"],
  page: ["core", "metrics"],
  nn: ["core", "tensor"],
  data: ["core", "tensor"],
  formats: ["core", "data"],
  train: spine,
  distill: spine,
  attack: spine,
  audit: [...spine, ...sets],
  sanitise: [...spine, "audit"],
  seal: sets,
  report: ["core", "metrics", "page"],
  library,
  disk,
  run: [...library, ...disk],
  experiment: [...library, ...disk, "run"],
  node: [...library, ...disk, "run", "experiment"],
  cli: [...library, ...disk, "run", "experiment"],
};

/** Layers with files, processes and clocks. */
const onDisk = ["cli", "disk", "experiment", "node", "run"];

/** Where a Node built-in may be imported outside these: layer → modules. Everything else runs in a browser. */
const builtIns: Readonly<Record<string, readonly string[]>> = {
  seal: ["node:crypto"],
};

/** Packages with exactly one door. */
const doors: Readonly<Record<string, readonly string[]>> = {
  "onnxruntime-node": ["engine"],
  "onnxruntime-web": ["engine"],
  "@jax-js/jax": ["tensor"],
  commander: ["cli"],
  "cli-progress": ["cli"],
};

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** First folder under src, or "" for the package's entries. */
  readonly layer: string;
}

interface Import {
  readonly from: SourceFile;
  readonly target: string;
}

function filesUnder(folder: string, ending: RegExp): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name).split(sep).join("/"))
    .filter((path) => ending.test(path) && !path.includes("node_modules"))
    .map((path) => ({
      path,
      text: readFileSync(join(root, path), "utf8"),
      layer: path.split("/").slice(1, -1)[0] ?? "",
    }));
}

const sources = filesUnder("src", /\.ts$/);
const imports: Import[] = sources.flatMap((from) =>
  [...withoutComments(from.text).matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\(|\.resolve\()\s*"([^"]+)"/g)].map(
    ([, target]) => ({ from, target }),
  ),
);

/** Examples in docstrings import too, but not here. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

/** Layer of a relative import; undefined for a package or a built-in. */
function layerOf({ from, target }: Import): string | undefined {
  if (!target.startsWith(".")) return undefined;
  const path = relative(join(root, "src"), resolve(root, dirname(from.path), target));
  return path.startsWith("..") ? undefined : path.split(sep).slice(0, -1)[0];
}

test("there is something to check", () => {
  expect(sources.length).toBeGreaterThan(30);
  expect(imports.length).toBeGreaterThan(100);
  expect(imports.some((one) => layerOf(one) === "core")).toBe(true);
});

test("every folder of src is a known layer", () => {
  expect([...new Set(sources.map(({ layer }) => layer))].filter((layer) => layer !== "" && !(layer in below))).toEqual(
    [],
  );
});

test("imports point down", () => {
  const wrong = imports.filter((one) => {
    const layer = layerOf(one);
    return (
      layer !== undefined && layer !== one.from.layer && one.from.layer !== "" && !below[one.from.layer].includes(layer)
    );
  });
  expect(wrong.map(({ from, target }) => `${from.path} → ${target}`)).toEqual([]);
});

test("no file imports itself by way of others", () => {
  const known = new Map(sources.map((source) => [source.path, source]));
  const next = new Map<string, string[]>();
  for (const { from, target } of imports) {
    if (!target.startsWith(".")) continue;
    const path = relative(root, resolve(root, dirname(from.path), target))
      .split(sep)
      .join("/");
    if (known.has(path)) next.set(from.path, [...(next.get(from.path) ?? []), path]);
  }
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" → "));
    if (done.has(path) || way.includes(path)) return;
    for (const one of next.get(path) ?? []) visit(one, [...way, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  expect(circles).toEqual([]);
});

test("Node built-ins stay where files and processes are", () => {
  const wrong = imports.filter(
    ({ from, target }) =>
      target.startsWith("node:") && !onDisk.includes(from.layer) && !builtIns[from.layer]?.includes(target),
  );
  expect(wrong.map(({ from, target }) => `${from.path} → ${target}`)).toEqual([]);
  const globals = sources.filter(
    ({ layer, text }) =>
      ![...onDisk, "seal"].includes(layer) && /\b(?:process\.|Buffer\.|__dirname)/.test(withoutComments(text)),
  );
  expect(globals.map(({ path }) => path)).toEqual([]);
});

test("each runtime library has one door", () => {
  const wrong = imports.filter(({ from, target }) => {
    const door = Object.entries(doors).find(([name]) => target === name || target.startsWith(`${name}/`));
    return door !== undefined && !door[1].includes(from.layer);
  });
  expect(wrong.map(({ from, target }) => `${from.path} → ${target}`)).toEqual([]);
});

test("randomness is an explicit key and time comes from the command line", () => {
  const wrong = sources.filter(
    ({ layer, text }) =>
      /\bMath\.random\(/.test(withoutComments(text)) ||
      (![...onDisk, "seal"].includes(layer) &&
        /\b(?:Date\.now\(|new Date\(\)|performance\.now\()/.test(withoutComments(text))),
  );
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test("files stay short and export by name", () => {
  const long = sources.filter(({ text }) => text.split("\n").length > 301);
  expect(long.map(({ path }) => path)).toEqual([]);
  const unnamed = sources.filter(({ text }) => /^export default\b/m.test(text));
  expect(unnamed.map(({ path }) => path)).toEqual([]);
  expect(
    sources.filter(({ path }) => /(?:^|\/)(?:utils?|helpers?|misc)\.ts$/.test(path)).map(({ path }) => path),
  ).toEqual([]);
});

test("relative imports carry their extension", () => {
  const wrong = imports.filter(({ target }) => target.startsWith(".") && !/\.(?:ts|json)$/.test(target));
  expect(wrong.map(({ from, target }) => `${from.path} → ${target}`)).toEqual([]);
});

test("no file names a path of one machine", () => {
  const machine = new RegExp(
    `(?<![\\w.~])/(?:${["root", "work", "home/\\w+", "Users/\\w+", "tmp"].join("|")})/[\\w.-]`,
  );
  const texts = ["src", "test", "docs", "bench", "examples", "repro"].flatMap((folder) =>
    filesUnder(folder, /\.(?:ts|md|json|py|sh|yml|mjs)$/),
  );
  const wrong = texts.filter(({ path, text }) => path !== "test/structure.test.ts" && machine.test(text));
  expect(wrong.map(({ path, text }) => `${path}: ${machine.exec(text)?.[0]}`)).toEqual([]);
});

test("links between documents lead somewhere", () => {
  const documents = [
    ...["docs", "bench", "repro", "examples"].flatMap((folder) => filesUnder(folder, /\.md$/)),
    ...["README.md", "CHANGELOG.md"].map((path) => ({ path, text: readFileSync(join(root, path), "utf8") })),
  ];
  const broken = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]*)?\)/g)]
      .filter(([, file, anchor]) => {
        const target = file === "" ? path : join(dirname(path), file);
        if (!existsSync(join(root, target))) return true;
        return anchor !== undefined && !anchorsOf(readFileSync(join(root, target), "utf8")).includes(anchor);
      })
      .map(([link]) => `${path}: ${link}`),
  );
  expect(documents.length).toBeGreaterThan(10);
  expect(broken).toEqual([]);
});

test("documents have lines of 120 columns, but for tables", () => {
  const documents = [
    ...["docs", "bench", "repro"].flatMap((folder) => filesUnder(folder, /\.md$/)),
    ...readdirSync(root)
      .filter((path) => path.endsWith(".md"))
      .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") })),
  ];
  const wide = documents.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, i) => (line.length > 120 && !/^\s*\|/.test(line) ? [`${path}:${i + 1}`] : [])),
  );
  expect(documents.length).toBeGreaterThan(20);
  expect(wide).toEqual([]);
});

/** Anchors of a document's headings, as GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(
    ([, heading]) =>
      `#${heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-")}`,
  );
}
