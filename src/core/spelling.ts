import { folded } from "./suggestion.ts";

/** `poisonedDistillation` → `poisoned-distillation`. */
export function kebab(name: string): string {
  return name.replace(/(?<=[a-z0-9])([A-Z])/g, (letter) => `-${letter.toLowerCase()}`).toLowerCase();
}

/** The known name that is written so in camel or kebab case; itself where there is none. */
export function namedIn(known: Iterable<string>, name: string): string {
  let found: string | undefined;
  for (const one of known) {
    if (one === name) return name;
    if (found === undefined && isOtherSpelling(one, name)) found = one;
  }
  return found ?? name;
}

const isOtherSpelling = (own: string, name: string): boolean =>
  kebab(own) === name || (kebab(name) === own && folded(own) === folded(name));
