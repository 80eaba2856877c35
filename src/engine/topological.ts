import type { Value } from "./graph.ts";

/** What a value is made of: its operands and what its body takes from around it. */
export const needs = ({ inputs, body }: Value): readonly Value[] =>
  body ? [...inputs, ...body.shared.values()] : inputs;

/** Operands before their users, without recursion: graphs can be deep. */
export function topological(outputs: readonly Value[], operands: (value: Value) => readonly Value[]): Value[] {
  const done = new Set<Value>();
  const order: Value[] = [];
  for (const root of outputs) {
    const visit = (value: Value) => ({ value, of: done.has(value) ? [] : operands(value), next: 0 });
    const stack = [visit(root)];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (done.has(top.value)) stack.pop();
      else if (top.next < top.of.length) stack.push(visit(top.of[top.next++]));
      else {
        done.add(top.value);
        order.push(top.value);
        stack.pop();
      }
    }
  }
  return order;
}
