import { pairedDifference, type Summary, summarise } from "../metrics/intervals.ts";
import type { NetworkEvaluation } from "../train/measure.ts";

/** Rates that one kind of set reached, as fractions, over its networks. */
export interface SetRates {
  readonly cta: Summary;
  /** On the clean set a control: its networks with the trigger. */
  readonly asr?: Summary;
  readonly asrWithoutTrigger?: Summary;
  readonly asrRandomTrigger?: Summary;
  readonly asrClamped?: Summary;
  readonly archetypeAsr?: Summary;
  readonly ra?: Summary;
}

/** One architecture after one length of training. */
export interface Rates {
  readonly network: string;
  readonly epochs: number;
  readonly clean: SetRates;
  readonly tampered?: SetRates;
  /** CTA of the tampered set's networks less that of the clean set's, pair by pair of the same seed. */
  readonly ctaChange?: Summary;
  /** ASR of the tampered set's networks less that of the clean set's, pair by pair of the same seed. */
  readonly asrRise?: Summary;
}

const measures = ["asr", "asrWithoutTrigger", "asrRandomTrigger", "asrClamped", "archetypeAsr", "ra"] as const;

/** Summarise evaluations, architectures and lengths apart, in the order in which they come. */
export function ratesOf(evaluations: readonly NetworkEvaluation[]): Rates[] {
  const name = ({ network, epochs }: NetworkEvaluation) => `${network} ${epochs}`;
  return [...new Set(evaluations.map(name))].map((wanted) => {
    const group = evaluations.filter((one) => name(one) === wanted);
    const of = (set: NetworkEvaluation["set"]) => group.filter((one) => one.set === set);
    const [clean, tampered] = [of("clean"), of("tampered")];
    const pairs = clean.flatMap((before) => {
      const after = tampered.find(({ seed }) => seed === before.seed);
      return after ? [{ before, after }] : [];
    });
    const change = (rate: "cta" | "asr") => {
      const both = pairs.filter(({ before, after }) => before[rate] !== undefined && after[rate] !== undefined);
      return both.length === 0
        ? undefined
        : pairedDifference(
            both.map(({ before }) => before[rate] as number),
            both.map(({ after }) => after[rate] as number),
          );
    };
    const [ctaChange, asrRise] = [change("cta"), change("asr")];
    return {
      network: group[0].network,
      epochs: group[0].epochs,
      clean: setRates(clean),
      ...(tampered.length > 0 && { tampered: setRates(tampered) }),
      ...(ctaChange && { ctaChange }),
      ...(asrRise && { asrRise }),
    };
  });
}

function setRates(group: readonly NetworkEvaluation[]): SetRates {
  const known = measures.flatMap((name) => {
    const values = group.flatMap((one) => one[name] ?? []);
    return values.length > 0 ? [[name, summarise(values)] as const] : [];
  });
  return { cta: summarise(group.map(({ cta }) => cta)), ...Object.fromEntries(known) };
}
