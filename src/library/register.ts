import type { Attack } from "../attack/Attack.ts";
import { attackRegistry } from "../attack/attackRegistry.ts";
import { detectorRegistry } from "../audit/detectorRegistry.ts";
import type { Detector } from "../audit/detectors/Detector.ts";
import { extend, isFunction, isSchema, isText } from "../core/registry.ts";
import type { Distillation } from "../distill/Distillation.ts";
import { methodRegistry } from "../distill/methodRegistry.ts";
import type { Format } from "../formats/Format.ts";
import { formatRegistry } from "../formats/formatRegistry.ts";
import { admitNetworks } from "../nn/networkName.ts";
import { networkRegistry } from "../nn/networkRegistry.ts";
import type { Repair } from "../sanitise/Repair.ts";
import { repairRegistry } from "../sanitise/repairRegistry.ts";
import type { NetworkFactory } from "./evaluate.ts";

/** Entries of one's own, by the names under which they are then known. */
export interface Registration {
  // biome-ignore lint/suspicious/noExplicitAny: an attack of any options
  readonly attacks?: Readonly<Record<string, Attack<any>>>;
  readonly networks?: Readonly<Record<string, NetworkFactory>>;
  // biome-ignore lint/suspicious/noExplicitAny: a method of any options
  readonly distillationMethods?: Readonly<Record<string, Distillation<any>>>;
  readonly formats?: Readonly<Record<string, Format>>;
  // biome-ignore lint/suspicious/noExplicitAny: a repair of any options
  readonly repairs?: Readonly<Record<string, Repair<any>>>;
  readonly detectors?: Readonly<Record<string, Detector>>;
}

/**
 * Make attacks, networks, distillation methods, formats, detectors and repairs of your own known by name, beside those that come with
 * Retort.
 *
 * Experiment files know names that were registered before `retort-dd/node` is imported; `retort --plugin FILE` sees to that.
 *
 * @throws UsageError for a name that is taken or no identifier, or an entry that lacks a member.
 * @example
 * register({ attacks: { invert: defineAttack({ … }) } });
 * await attack(set, "invert" as never);
 */
export function register(entries: Registration): void {
  const { attacks = {}, networks = {}, distillationMethods = {}, formats = {}, detectors = {}, repairs = {} } = entries;
  extend(attackRegistry, attacks, "attack", {
    title: isText,
    source: isText,
    access: isText,
    options: isSchema,
    run: isFunction,
  });
  extend(networkRegistry, networks, "network", { "": isFunction });
  admitNetworks(Object.keys(networks));
  extend(methodRegistry, distillationMethods, "distillation method", {
    ...{ title: isText, abbreviation: isText, source: isText, access: isText },
    ...{ options: isSchema, check: isFunction, run: isFunction },
  });
  extend(formatRegistry, formats, "format", { title: isText, source: isText, detect: isFunction, read: isFunction });
  extend(repairRegistry, repairs, "repair", {
    ...{ title: isText, source: isText, needs: isText, options: isSchema, run: isFunction },
  });
  extend(detectorRegistry, detectors, "detector", {
    ...{ title: isText, source: isText, phase: isText, level: isText, run: isFunction },
  });
}
