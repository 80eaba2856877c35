import { child, type Key, key, Stream } from "../../src/core/random.ts";
import { bytes, type Files } from "./fixture.ts";

/** One way somebody changes a sealed folder on its way to the receiver. */
export interface Mutation {
  readonly name: string;
  /** The changed folder, or undefined where this does not apply. */
  apply(files: Files): Files | undefined;
  /** Names that turn into links. */
  readonly links?: readonly string[];
}

const seed = key("mutations");

/** At least 500 changes of a sealed folder: every kind, at many places. */
export function mutations(files: Files): Mutation[] {
  const names = [...files.keys()];
  return names
    .flatMap((name) => [
      ...flips(name, files, child(seed, "flip", name)),
      ...truncations(name, files),
      ...appends(name),
      ...moves(name, names),
      ...spellings(name),
      ...links(name),
    ])
    .concat(wholeFolder(names));
}

const change = (name: string, f: (content: Uint8Array) => Uint8Array) => (files: Files) => {
  const content = files.get(name) as Uint8Array;
  const changed = f(content);
  if (changed.length === content.length && changed.every((byte, i) => byte === content[i])) return undefined;
  return new Map(files).set(name, changed);
};

function flips(name: string, files: Files, source: Key): Mutation[] {
  const size = (files.get(name) as Uint8Array).length;
  const stream = new Stream(source);
  const sealing = name === "model.sig" || name.startsWith("retort.");
  return Array.from({ length: size === 0 ? 0 : sealing ? 60 : 3 }, () => {
    const at = stream.integer(size);
    const bit = stream.integer(8);
    return {
      name: `flip bit ${bit} of byte ${at} of ${name}`,
      apply: change(name, (content) => content.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte))),
    };
  });
}

function truncations(name: string, files: Files): Mutation[] {
  const size = (files.get(name) as Uint8Array).length;
  return [0, 1, Math.floor(size / 2), size - 1]
    .filter((length, i, all) => length >= 0 && length < size && all.indexOf(length) === i)
    .map((length) => ({
      name: `truncate ${name} to ${length}`,
      apply: change(name, (content) => content.slice(0, length)),
    }));
}

function appends(name: string): Mutation[] {
  return ["\0", "\n", " ", "{}", "PK\u0003\u0004"].map((tail) => ({
    name: `append ${JSON.stringify(tail)} to ${name}`,
    apply: change(name, (content) => Uint8Array.from([...content, ...bytes(tail)])),
  }));
}

function moves(name: string, names: readonly string[]): Mutation[] {
  const other = names[(names.indexOf(name) + 3) % names.length];
  const without = (files: Files) => {
    const rest = new Map(files);
    rest.delete(name);
    return rest;
  };
  const file = name.slice(name.lastIndexOf("/") + 1);
  return [
    { name: `delete ${name}`, apply: without },
    { name: `rename ${name}`, apply: (files) => without(files).set(`${name}.bak`, files.get(name) as Uint8Array) },
    {
      name: `move ${name} into another class`,
      apply: (files) => without(files).set(`7/moved-${file}`, files.get(name) as Uint8Array),
    },
    {
      name: `replace ${name} by ${other}`,
      apply: (files) => change(name, () => files.get(other) as Uint8Array)(files),
    },
    {
      name: `swap ${name} and ${other}`,
      apply: (files) =>
        change(name, () => files.get(other) as Uint8Array)(files)?.set(other, files.get(name) as Uint8Array),
    },
    {
      name: `duplicate ${name}`,
      apply: (files) => new Map(files).set(`3/copy-${file}`, files.get(name) as Uint8Array),
    },
    {
      name: `put a folder in the place of ${name}`,
      apply: (files) => without(files).set(`${name}/x`, files.get(name) as Uint8Array),
    },
  ];
}

function spellings(name: string): Mutation[] {
  const forms = {
    upper: name.toUpperCase(),
    nfd: name.normalize("NFD"),
    nfkc: name.normalize("NFKC"),
    space: `${name} `,
    backslash: name.replace("/", "\\"),
  };
  return Object.entries(forms)
    .filter(([, form]) => form !== name)
    .map(([kind, form]) => ({
      name: `${kind} spelling of ${name}`,
      apply: (files) => new Map([...files].map(([n, content]) => [n === name ? form : n, content])),
    }));
}

function links(name: string): Mutation[] {
  const apply = (files: Files) => {
    const rest = new Map(files);
    rest.delete(name);
    return rest;
  };
  return [
    { name: `${name} becomes a link`, apply, links: [name] },
    { name: `a link beside ${name}`, apply: (files) => new Map(files), links: [`${name}.link`] },
  ];
}

function wholeFolder(names: readonly string[]): Mutation[] {
  const added = [
    "added.png",
    "0/2.png",
    ".hidden",
    "model.sig.bak",
    "x/.git/config",
    ".gitmodules",
    ".retort-seal/evil",
    ".retort-seal/commit/0/0.png",
    ".retort-seal/commit/evil.json",
    "retort.other.json",
    "\u0000",
    "a\nb",
    "\u202egnp.0",
  ];
  return [
    ...added.map((name) => ({
      name: `add ${JSON.stringify(name)}`,
      apply: (files: Files) => new Map(files).set(name, bytes("x")),
    })),
    ...names.map((name) => ({
      name: `stage another ${name}`,
      apply: (files: Files) => new Map(files).set(`.retort-seal/commit/${name}`, bytes("x")),
    })),
    ...["README.md", "croissant.json"].map((name) => ({
      name: `show another ${name} while the signed one is staged`,
      apply: (files: Files) =>
        new Map(files).set(`.retort-seal/commit/${name}`, files.get(name) as Uint8Array).set(name, bytes("another")),
    })),
    {
      name: "rotate all labels",
      apply: (files) =>
        new Map(
          [...files].map(([n, content]) => [n.replace(/^(\d)\//, (_, k) => `${(Number(k) + 1) % 10}/`), content]),
        ),
    },
    { name: "delete a class", apply: (files) => new Map([...files].filter(([n]) => !n.startsWith("4/"))) },
    { name: "delete all", apply: () => new Map() },
  ];
}
