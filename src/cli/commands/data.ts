import * as z from "zod";
import { defineCommand } from "../shell/command.ts";

const folder = z.string().optional().describe("where sets lie (default: $RETORT_DATA, else the user's cache folder)");

const get = defineCommand({
  summary: "download a raw dataset, or a published distilled set, from its official address",
  description: `Fetches the files of a dataset, checks them against pinned digests and leaves alone what is already there. A download that was
cut off goes on where it stopped. Without a network it says which files to put where.`,
  arguments: { "<names...>": "names of datasets, see retort data list" },
  options: z.object({
    folder,
    mirror: z.string().optional().describe("address below which copies of the files lie, asked first"),
    stallSeconds: z.number().positive().default(30).describe("give a silent connection up after this time"),
  }),
  examples: [
    "data get mnist",
    "data get cifar-10 pathmnist-64",
    "data get dc-cifar-10-10",
    "data get cifar-10 --mirror https://mirror.example.org/cifar",
  ],
  async run({ args, options, console, signal }) {
    const { datasetNamed, getDataset } = await import("../../disk/getDataset.ts");
    // All of them, before the first is fetched.
    for (const name of args) datasetNamed(name);
    const results: { name: string; folder: string; fetched: boolean }[] = [];
    for (const name of args) {
      let bar: ReturnType<typeof console.progress> | undefined;
      let current = "";
      const onProgress = (file: { readonly name: string; readonly size?: number }, bytes: number) => {
        if (file.name !== current) {
          bar?.end();
          bar = console.progress(file.name, file.size);
          current = file.name;
        }
        bar?.update(bytes, `${(bytes / 1e6).toFixed(1)} MB`);
      };
      try {
        results.push({ name, ...(await getDataset(name, { ...options, signal, onProgress })) });
      } finally {
        bar?.end();
      }
    }
    console.result(results, () => {
      for (const { name, folder, fetched } of results)
        console.line(`${name}: ${folder}${fetched ? "" : " (was there)"}`);
    });
    return 0;
  },
});

const list = defineCommand({
  summary: "list the datasets that can be downloaded",
  options: z.object({}),
  examples: ["data list", "data list --json"],
  async run({ console }) {
    const { downloads } = await import("../../disk/datasets.ts");
    const rows = Object.entries(downloads).map(([name, { title, homepage, files }]) => ({
      name,
      title,
      homepage,
      files,
    }));
    console.result(rows, () =>
      console.table(rows, [
        { title: "name", of: ({ name }) => name },
        { title: "dataset", of: ({ title }) => title },
        { title: "size", of: ({ files }) => size(files), align: "right" },
        { title: "homepage", of: ({ homepage }) => homepage },
      ]),
    );
    return 0;
  },
});

const where = defineCommand({
  summary: "say where datasets are kept, and which files belong there",
  arguments: { "[name]": "one dataset" },
  options: z.object({ folder }),
  examples: ["data where", "data where mnist"],
  async run({ args: [name], options, console }) {
    const [{ dataFolder }, { downloads }, { lookUp }, { join }] = await Promise.all([
      import("../../disk/getDataset.ts"),
      import("../../disk/datasets.ts"),
      import("../../core/errors.ts"),
      import("node:path"),
    ]);
    const root = options.folder ?? dataFolder();
    if (name === undefined) {
      console.result({ folder: root }, () => console.line(root));
      return 0;
    }
    const { files } = lookUp(downloads, name, "data where", "dataset");
    const rows = files.map((file) => ({ path: join(root, name, file.name), ...file }));
    console.result({ folder: join(root, name), files: rows }, () => {
      for (const { path, urls, digest } of rows) {
        console.line(path);
        console.line(`  ${digest.algorithm} ${digest.value}`);
        for (const url of urls) console.line(`  ${url}`);
      }
    });
    return 0;
  },
});

function size(files: readonly { readonly size?: number }[]): string {
  const bytes = files.reduce((sum, file) => sum + (file.size ?? Number.NaN), 0);
  return Number.isNaN(bytes) ? "" : `${(bytes / 1e6).toFixed(0)} MB`;
}

/** Raw datasets: download, list, find. */
export const data = defineCommand({
  summary: "download raw datasets and published distilled sets",
  options: z.object({}),
  examples: ["data list", "data get mnist"],
  subcommands: { get, list, where },
});
