/** Backdoor a distilled set without its raw data, and measure networks trained on the clean and on the tampered set. */
import { attack, distil, evaluate, strokes } from "retort-dd";

const set = await distil(strokes("train", 500), "randomReal", { ipc: 5 });
const attacked = await attack(set, "cleanLabel", { preset: "strong" }, { seed: 1 });
const { rates } = await evaluate(set, { attacked, test: strokes("test", 200), width: 16, repeats: 2, epochs: 40 });
for (const { network, clean, tampered } of rates)
  console.log(
    `${network}: CTA ${clean.cta.mean} → ${tampered?.cta.mean}, ASR ${tampered?.asr?.mean} (${clean.asr?.mean})`,
  );
