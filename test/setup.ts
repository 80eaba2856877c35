import process from "node:process";
import fc from "fast-check";

// Property tests draw the same cases run after run; another seed can be asked for: FC_SEED=7 npm test
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 1) });
