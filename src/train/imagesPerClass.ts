import type { DistilledSet } from "../data/DistilledSet.ts";
import { classesOf } from "./targets.ts";

/** Classes that have images. */
export const presentClasses = (set: DistilledSet): Set<number> => new Set(classesOf(set));

/** Mean number of images of the classes that have any: a class without images makes nobody else's fewer. */
export const imagesPerClass = (set: DistilledSet): number => set.shape[0] / Math.max(1, presentClasses(set).size);
