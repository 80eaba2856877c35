/**
 * Take the install script out of the onnxruntime-node that is bundled into Retort's package.
 *
 * The script does nothing but fetch CUDA files from a host other than the npm registry, and an installation fails where
 * that host cannot be reached. The CPU and WebGPU binaries are in the package. `npm run build` runs this, so that what
 * `npm pack` bundles has no script; the script's own file stays, for those who want CUDA (README, "Using a GPU").
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const path = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
const { postinstall, ...scripts } = JSON.parse(readFileSync(path, "utf8")).scripts ?? {};
if (postinstall) {
  const description = { ...JSON.parse(readFileSync(path, "utf8")), scripts };
  // A new file beside the old one: package managers share files between folders by hard links.
  writeFileSync(`${path}.new`, `${JSON.stringify(description, undefined, 2)}\n`);
  renameSync(`${path}.new`, path);
}
