/** An attack of one's own: it works wherever those that come with Retort do. */
import { attack, defineAttack, distil, squareTrigger, strokes, tamperedRecord } from "retort-dd";
import { z } from "zod";

const relabel = defineAttack({
  title: "Relabelled copies",
  source: "example",
  access: "distilled-set",
  options: z.strictObject({
    targetClass: z.int().min(0).default(0).describe("class that the copies are called"),
    victims: z.int().min(1).default(3).describe("images that are called otherwise"),
  }),
  async *run(set, { targetClass, victims }) {
    if (set.labels.kind !== "hard") throw new Error("only hard labels");
    const classes = set.labels.classes.slice();
    let left = victims;
    for (let i = 0; i < classes.length && left > 0; i++)
      if (classes[i] !== targetClass) {
        classes[i] = targetClass;
        left--;
      }
    yield { phase: "relabel", done: 1, total: 1 };
    const square = { side: 3, value: 1, unit: "pixel", corner: "bottom-right", margin: 0, opacity: 1 } as const;
    const trigger = squareTrigger(square, set.shape, set.normalisation);
    const metadata = { ...set.metadata, ...tamperedRecord("relabel", { targetClass, victims }, trigger, targetClass) };
    return { set: { ...set, labels: { kind: "hard", classes }, metadata }, trigger, targetClass, curves: {} };
  },
});

const set = await distil(strokes("train", 100), "randomReal", { ipc: 2 });
const { set: tampered } = await attack(set, relabel, { victims: 4 });
console.log(tampered.metadata.attack, tampered.labels.kind === "hard" && tampered.labels.classes.join(" "));
