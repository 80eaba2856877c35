import { expect, it } from "vitest";
import * as registry from "../../src/cli/commands.ts";
import { runCommandLine } from "../../src/cli/shell/program.ts";
import { kebab } from "../../src/core/spelling.ts";
import { Recorder } from "./fakeTerminal.ts";

async function call(words: readonly string[]) {
  const [stdout, stderr] = [new Recorder(), new Recorder()];
  const status = await runCommandLine(registry, words, { version: "1.2.3", stdout, stderr });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

/** Every command that runs, subcommands too: "data get". */
async function commandNames(): Promise<string[]> {
  const names: string[] = [];
  for (const [name, load] of Object.entries(registry)) {
    const { subcommands = {}, run } = await load();
    if (run) names.push(kebab(name));
    names.push(...Object.keys(subcommands).map((sub) => `${kebab(name)} ${kebab(sub)}`));
  }
  return names;
}

/** Options as the help has them: with one value, and switches that have another way. */
async function optionsOf(name: string): Promise<{ single: string[]; listed: string[]; both: string[] }> {
  const { options } = JSON.parse((await call([...name.split(" "), "--help", "--json"])).stdout) as {
    options: readonly { flags: string }[];
  };
  const flags = options.map((option) => option.flags).filter((flag) => !/^-\w,|--(json|help|plugin)\b/.test(flag));
  const valued = flags.filter((flag) => flag.includes("<"));
  const word = (flag: string) => flag.split(" ")[0];
  return {
    single: valued.filter((flag) => !flag.includes(",…")).map(word),
    listed: valued.filter((flag) => flag.includes(",…")).map(word),
    both: flags.filter((flag) => !flag.includes("<")).map((flag) => flag.replace(/^--no-/, "--")),
  };
}

const names = await commandNames();
const twice = (flag: string) =>
  new RegExp(`^retort [^\n]*: invalid ${flag}: expected it once, got [^\n]*; leave one out\n$`);

it.each(names)("%s refuses an option that is given twice", async (name) => {
  const { single, listed, both } = await optionsOf(name);
  for (const flag of single)
    for (const second of ["2", "1"]) {
      const { status, stderr } = await call([...name.split(" "), flag, "1", `${flag}=${second}`]);
      expect([flag, status, stderr]).toEqual([flag, 2, expect.stringMatching(twice(flag))]);
    }
  for (const flag of both) {
    const { status, stderr } = await call([...name.split(" "), flag, `--no-${flag.slice(2)}`]);
    expect([flag, status, stderr]).toEqual([flag, 2, expect.stringMatching(twice(flag))]);
    expect((await call([...name.split(" "), flag, flag, "--no-such-option"])).stderr).not.toMatch(/expected it once/);
  }
  for (const flag of listed)
    expect((await call([...name.split(" "), flag, "1", flag, "2", "--no-such-option"])).stderr).not.toMatch(
      /expected it once/,
    );
});

it("covers what commands have", async () => {
  const counts = await Promise.all(names.map(optionsOf));
  expect(counts.reduce((sum, { single }) => sum + single.length, 0)).toBeGreaterThan(200);
  expect(counts.reduce((sum, { listed }) => sum + listed.length, 0)).toBeGreaterThan(10);
  expect(counts.reduce((sum, { both }) => sum + both.length, 0)).toBeGreaterThan(30);
});
