import { join } from "node:path";
import { hashJson } from "../../core/hash.ts";
import type { Keep } from "../../core/Keep.ts";
import { dataFolder } from "../getDataset.ts";
import { checkpointBytes, checkpointOf } from "./checkpointBytes.ts";
import { tellDamage } from "./damage.ts";
import { readKept, writeKept } from "./keptFile.ts";

/**
 * Keep networks that were trained on raw data in the folder `networks` of the data folder, each in a file named by the content of the
 * data and by what the network follows from. A damaged file is set aside; a folder that cannot be written is said once, and nothing
 * is kept.
 *
 * @param content digest of the raw set (setDigest.ts)
 */
export function keptNetworks(content: string, folder: string = join(dataFolder(), "networks")): Keep {
  const idOf = (name: string) => hashJson({ content, name });
  const pathOf = (id: string) => join(folder, `${id}.safetensors`);
  let told = false;
  return {
    async load(name) {
      const id = idOf(name);
      const bytes = await readKept(pathOf(id), id, { damaged: "aside" });
      return bytes && checkpointOf(bytes, pathOf(id));
    },
    async save(name, what) {
      const id = idOf(name);
      await writeKept(pathOf(id), checkpointBytes(what), id).catch((error: Error) => {
        if (!told) tellDamage(`networks cannot be kept for other runs: ${error.message}`);
        told = true;
      });
    },
  };
}
