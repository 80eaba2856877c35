/**
 * Seals and their verification. Needs Node's cryptography.
 *
 * @packageDocumentation
 */
export { type Diffed, diffSets, type SetDifference } from "./audit/diff/diffSets.ts";
export { type Folder, folderOf } from "./seal/Folder.ts";
export { requireSeal, type SealedSource } from "./seal/gate.ts";
export { type Curve, generateKeys, keyFingerprint, loadPrivateKey, loadPublicKey } from "./seal/keys.ts";
export { makeSeal, type Seal, type SealOptions } from "./seal/makeSeal.ts";
export type { VerifyOptions } from "./seal/openSeal.ts";
export { type Trust, trustKey } from "./seal/Trust.ts";
export { type Verification, verifySeal } from "./seal/verifySeal.ts";
