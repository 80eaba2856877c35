import { flatSquares } from "../flatSquares.ts";
import { bestHeld } from "./bestHeld.ts";
import { defineDetector } from "./Detector.ts";

/**
 * Chosen with `repro/audit/flatSquares.ts`: 3×3 told sets that the robust form attacked from clean ones, 5×5 did not. What is planted is
 * learnt so well that a part of it will do; what is natural of a class wants a larger piece.
 */
const SIDE = 3;

/** Small flat squares of the corner colours, at every place: nothing is searched by descent, so that clean sets cannot be talked into much. */
export const flatSquare = defineDetector({
  title: "Flat squares: does a small square of one colour call a class?",
  source: "Retort, docs/audit.md",
  phase: "read",
  level: "default",
  decisive: false,
  feeds: true,
  run: async ({ audited, search, held }) => bestHeld(held, await flatSquares(audited, search, SIDE)),
});
