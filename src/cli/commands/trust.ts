import * as z from "zod";
import { UsageError } from "../../core/errors.ts";
import { addPin, normaliseFingerprint, removePin, spellFingerprint, trustKey } from "../../seal/Trust.ts";
import { defineCommand } from "../shell/command.ts";
import { checkVersions } from "../steps/checkVersions.ts";
import { readKey } from "../steps/readKey.ts";
import { readTrust, trustPath, writeTrust } from "../steps/trustFile.ts";

const add = defineCommand({
  summary: "pin a publisher's key",
  description:
    "From then on sets sealed with this key verify as this publisher's. Compare the fingerprint with one that reached you by another way (a paper, a web page, a call): give it with --fingerprint.",
  arguments: {
    "<publisher>": "name under which to remember it",
    "<key>": "public key (PEM file), or a bare fingerprint",
  },
  options: z.object({
    fingerprint: z.string().optional().describe("the fingerprint that the key must have"),
    minVersion: z.string().optional().describe("refuse older versions of this publisher's sets"),
  }),
  examples: [
    'trust add "Example Lab" lab.pub --fingerprint "9f86 d081 884c 7d65 9a2f eaa0 c55a d015 a3bf 4f1b 2b0b 822c d15d 6c15 b0f0 0a08"',
    'trust add "Example Lab" lab.pub --min-version 2.0.0',
  ],
  async run({ args: [publisher, key], options, console }) {
    checkVersions(options, "trust add");
    const bare = normaliseFingerprint(key);
    const publicKey = /^[0-9a-f]{64}$/.test(bare) ? undefined : await readKey(key, "retort trust add", "public");
    const fingerprint = publicKey === undefined ? bare : trustKey(publicKey).fingerprint;
    if (options.fingerprint !== undefined && normaliseFingerprint(options.fingerprint) !== fingerprint)
      throw new UsageError(
        `trust add: invalid key: expected fingerprint ${options.fingerprint}, got ${fingerprint}; somebody may have exchanged the key`,
      );
    const pin = { publisher, fingerprint, publicKey, minVersion: options.minVersion };
    await writeTrust(addPin(await readTrust(), pin));
    console.result({ added: pin, file: trustPath() }, () => {
      console.line(`pinned ${publisher}: ${spellFingerprint(fingerprint)}`);
      if (publicKey === undefined)
        console.line("only the fingerprint is known: give the key with --key and --publisher when verifying");
    });
    return 0;
  },
});

const list = defineCommand({
  summary: "list the pinned keys",
  options: z.object({}),
  examples: ["trust list"],
  async run({ console }) {
    const { pins } = await readTrust();
    console.result({ pins, file: trustPath() }, () => {
      if (pins.length === 0) console.line(`no pins in ${trustPath()}`);
      else
        console.table(pins, [
          { title: "publisher", of: (pin) => pin.publisher },
          { title: "fingerprint", of: (pin) => pin.fingerprint, align: "left" },
          { title: "key", of: (pin) => (pin.publicKey === undefined ? "no" : "yes") },
          { title: "oldest version", of: (pin) => pin.minVersion ?? "", align: "left" },
        ]);
    });
    return 0;
  },
});

const remove = defineCommand({
  summary: "forget a publisher or one key",
  arguments: { "<what>": "publisher, or the first digits of a fingerprint" },
  options: z.object({}),
  examples: ['trust remove "Example Lab"', "trust remove 9f86d081884c"],
  async run({ args: [what], console }) {
    const before = await readTrust();
    const after = removePin(before, what);
    await writeTrust(after);
    const count = before.pins.length - after.pins.length;
    console.result({ removed: count, file: trustPath() }, () =>
      console.line(`forgot ${count} ${count === 1 ? "pin" : "pins"}`),
    );
    return 0;
  },
});

/** Keep the keys of publishers. */
export const trust = defineCommand({
  summary: "keep the keys of publishers",
  examples: ["trust list"],
  subcommands: { add, list, remove },
  defaultSubcommand: "list",
});
