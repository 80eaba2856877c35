/** The registry of attacks: one line each. */
export { adaptiveStamp } from "./adaptiveStamp.ts";
export { badNets } from "./badNets.ts";
export { cleanLabel } from "./cleanLabel.ts";
export { labelFlip } from "./labelFlip.ts";
export { poisonedDistillation } from "./poisonedDistillation/poisonedDistillation.ts";
export { doorping } from "./rawData/doorping/doorping.ts";
export { relaxTrigger } from "./rawData/kernel/relaxTrigger.ts";
export { simpleTrigger } from "./rawData/kernel/simpleTrigger.ts";
export { naive } from "./rawData/naive.ts";
export { sneakDoor } from "./rawData/sneakDoor/sneakDoor.ts";
export { ridgeHead } from "./ridgeHead/ridgeHead.ts";
export { trajectoryMatching } from "./trajectoryMatching/trajectoryMatching.ts";
export { unseenStamp } from "./unseenStamp.ts";
