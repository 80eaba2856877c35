/** What the list of commands says of one. */
export interface Summary {
  readonly summary: string;
  readonly arguments?: readonly string[];
}

/** The list of commands, so that it loads none of them; a test holds it to what they say themselves. */
export const summaries: Readonly<Record<string, Summary>> = {
  attack: { summary: "backdoor a distilled set without raw data" },
  attest: { summary: "add a signed statement about a sealed set", arguments: ["<path>"] },
  audit: {
    summary: "ask whether an unsealed set was backdoored, with no clean copy and no raw data",
    arguments: ["<set>"],
  },
  calibrate: {
    summary: "audit clean sets, as a library that audits of others are compared with",
    arguments: ["<sets...>"],
  },
  collect: { summary: "merge a sweep's results into one record and one table", arguments: ["<folder>"] },
  convert: { summary: "write a set in another format, and say what that loses", arguments: ["<paths...>"] },
  data: { summary: "download raw datasets and published distilled sets" },
  demo: {
    summary:
      "seal, backdoor, train, verify, audit and repair a set of generated drawings: the whole story in two minutes",
  },
  diff: { summary: "show what lies between two copies of a set", arguments: ["<a>", "<b>"] },
  distill: { summary: "distil a raw dataset into a few synthetic images per class" },
  evaluate: {
    summary: "train networks on a set, or on a run's clean and tampered sets, and measure them",
    arguments: ["<path>"],
  },
  inspect: { summary: "say what a file or folder is, executing nothing", arguments: ["<path...>"] },
  keygen: { summary: "make a key pair for sealing", arguments: ["<name>"] },
  plan: { summary: "print the trials of an experiment file and write its manifest", arguments: ["[experiment]"] },
  report: { summary: "render the report of a run or of a sweep again", arguments: ["<folders...>"] },
  run: { summary: "run an experiment file: every trial of its matrix, resumable", arguments: ["<experiment>"] },
  sanitise: {
    summary: "take a backdoor out of a distilled set, with no clean copy and no raw data",
    arguments: ["<set>"],
  },
  seal: { summary: "sign a set so that tampering shows", arguments: ["<path>"] },
  search: { summary: "search an attack's settings on the distilled set alone", arguments: ["<set>"] },
  status: { summary: "say how far a sweep is, and which trials failed", arguments: ["<folder>"] },
  trust: { summary: "keep the keys of publishers" },
  verify: { summary: "check a set against its seal", arguments: ["<path>"] },
  worker: { summary: "run trials from a queue, on this machine, for as long as it is wanted" },
};
