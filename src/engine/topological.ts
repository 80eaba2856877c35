import type { Value } from "./graph.ts";

/** What a value is made of: its operands and what its body takes from around it. */
export const needs = ({ inputs, body }: Value): readonly Value[] =>
  body ? [...inputs, ...body.shared.values()] : inputs;

/** Operands before their users, without recursion: graphs can be deep. */
export function topological(outputs: readonly Value[], operands: (value: Value) => readonly Value[]): Value[] {
  const done = new Set<Value>();
  const order: Value[] = [];
  for (const root of outputs) {
    const stack: { value: Value; next: number }[] = [{ value: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const needs = operands(top.value);
      if (done.has(top.value)) stack.pop();
      else if (top.next < needs.length) stack.push({ value: needs[top.next++], next: 0 });
      else {
        done.add(top.value);
        order.push(top.value);
        stack.pop();
      }
    }
  }
  return order;
}
