import { afterAll, expect } from "vitest";
import { openSessions } from "../src/engine/session.ts";

// What is compiled is closed, in tests as anywhere: a stage that leaves a session open when it is stopped fails here.
afterAll(() => {
  expect(openSessions(), "sessions that this file left open").toBe(0);
});
