import * as z from "zod";
import { networkRegistry } from "./networkRegistry.ts";

type NetworkName = keyof typeof networkRegistry;

/** A name in the registry: the one schema of all options that choose networks, so that `admitNetworks` reaches each of them. */
export const networkName = z.enum(Object.keys(networkRegistry) as [NetworkName, ...NetworkName[]]);

/** Let options that choose networks know the names of further ones, which were registered after the options were described. */
export function admitNetworks(names: readonly string[]): void {
  for (const name of names as NetworkName[]) {
    networkName.options.push(name);
    (networkName._zod.values as Set<string>).add(name);
    Object.assign(networkName.enum, { [name]: name });
  }
}
