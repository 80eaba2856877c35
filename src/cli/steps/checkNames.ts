import { lookUp } from "../../core/errors.ts";
import { parseDsaStrategy } from "../../data/augment/dsa.ts";
import { isConvNet } from "../../distill/common/sharedOptions.ts";
import { networkRegistry } from "../../nn/networkRegistry.ts";
import { named } from "../../run/checkFit.ts";

/**
 * Look the names of a distillation up before raw images are drawn or read, which takes seconds.
 *
 * @throws UsageError for a network or an operator that nobody knows.
 */
export function checkNames(
  who: string,
  { network, dsa }: { readonly network?: unknown; readonly dsa?: unknown },
  { receivers, receiverNetwork }: { readonly receivers: number; readonly receiverNetwork: string },
): void {
  if (typeof network === "string" && !isConvNet(network)) lookUp(networkRegistry, network, who, "--network");
  if (typeof dsa === "string") named(who, () => parseDsaStrategy(dsa));
  if (receivers > 0) lookUp(networkRegistry, receiverNetwork, who, "--receiver-network");
}
