import type { Atom, Equation, Jaxpr } from "./jaxpr.ts";

/**
 * The equations whose results a comparison decides upon: the forward pass up to each rectifier or maximum whose
 * derivative is taken. A derivative jumps where a decision turns, so these are worth full accuracy; everything else
 * enters the results continuously. `where(0 < x, x, 0)` itself does not jump.
 */
export function decisive(jaxpr: Jaxpr, wanted: boolean): Set<Equation> {
  const needed = new Set<Atom>(wanted ? jaxpr.outs : []);
  const comparisons = new Map<Atom, Equation>();
  for (const eqn of jaxpr.eqns) if (eqn.primitive === "compare") comparisons.set(eqn.outBinders[0], eqn);
  for (const eqn of jaxpr.eqns)
    for (const input of eqn.inputs)
      if (comparisons.has(input) && !continuous(eqn, comparisons.get(input)!)) needed.add(input);
  for (const out of jaxpr.outs) if (comparisons.has(out)) needed.add(out);
  const found = new Set<Equation>();
  for (const eqn of [...jaxpr.eqns].reverse()) {
    const inside = eqn.primitive === "jit" && decisive(eqn.params.jaxpr, false).size > 0;
    if (!inside && !eqn.outBinders.some((atom) => needed.has(atom))) continue;
    found.add(eqn);
    for (const input of eqn.inputs) needed.add(input);
  }
  return found;
}

/** where(0 < x, x, 0) */
function continuous(eqn: Equation, comparison: Equation): boolean {
  const [low, x] = comparison.inputs;
  const [, yes, no] = eqn.inputs;
  return eqn.primitive === "where" && isZero(low) && isZero(no) && yes === x && comparison.params.op === "less";
}

const isZero = (atom: Atom): boolean => atom.value !== undefined && Number(atom.value) === 0;
