import { expect, it } from "vitest";
import { StepClock } from "../../src/run/StepClock.ts";

let time = 0;
const after = (seconds: number, say: () => void) => {
  time += seconds;
  say();
};

it("an epoch and an update take what each of their kind has taken, the first of which compiles", () => {
  const begun: number[][] = [];
  const clock = new StepClock({ onBegin: (...run) => begun.push(run) }, () => time);
  clock.begin(3, 20);
  expect(clock.secondsLeft()).toBeUndefined();
  clock.ahead("update", 10);
  clock.ahead("teacher", 4);
  clock.ahead("choice", 1);
  // Rehearsed: none of the ten. Of the others nobody knows yet.
  after(5, () => clock.done("update", true));
  expect(clock.secondsLeft()).toBeUndefined();
  after(1, () => clock.done("update", true));
  after(100, () => clock.mark());
  after(30, () => clock.done("teacher"));
  expect(clock.secondsLeft()).toBeUndefined();
  after(20, () => clock.done("teacher"));
  expect(clock.secondsLeft()).toBe(10 + 2 * 20);
  after(3, () => clock.done("update"));
  expect(clock.secondsLeft()).toBe(9 * 2 + 2 * 20);
  expect(clock.seconds()).toEqual({ update: 20, teacher: 80 });
  expect(begun).toEqual([[3, 20]]);
});
