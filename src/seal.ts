/**
 * Seals and their verification. Needs Node's cryptography.
 *
 * @packageDocumentation
 */

export type { Signer } from "./seal/authenticate.ts";
export type { CheckResult, CheckStatus } from "./seal/checks.ts";
export type { FileDifferences, Move } from "./seal/compareFiles.ts";
export type { Description } from "./seal/croissant.ts";
export type { EarlierSeal } from "./seal/earlierSeal.ts";
export { type Folder, folderOf } from "./seal/Folder.ts";
export { requireSeal, type SealedSource } from "./seal/gate.ts";
export type { HashProgress } from "./seal/hashFile.ts";
export type { KeylessServices } from "./seal/keyless.ts";
export { type Curve, generateKeys, keyFingerprint, loadPrivateKey, loadPublicKey } from "./seal/keys.ts";
export { makeSeal, type Seal, type SealOptions } from "./seal/makeSeal.ts";
export type { Manifest, Resource } from "./seal/manifest.ts";
export type { VerifyOptions } from "./seal/openSeal.ts";
export type { MakingRun } from "./seal/provenance.ts";
export type { Sealer } from "./seal/signStatement.ts";
export { type Trust, type TrustedKey, trustKey } from "./seal/Trust.ts";
export type { SetFacts, StatedAccuracy } from "./seal/tensors.ts";
export { type Verification, verifySeal } from "./seal/verifySeal.ts";
