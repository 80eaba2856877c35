import type { Dataset } from "./Dataset.ts";

const generalization = {
  homepage: "https://github.com/Distill-Generalization-Group/Distill-Generalization",
  base: "https://raw.githubusercontent.com/Distill-Generalization-Group/Distill-Generalization/c33737492a7ee718cd907d845d4987331149c533/result/",
};
const benchmark = {
  homepage: "https://github.com/justincui03/dc_benchmark",
  base: "https://raw.githubusercontent.com/justincui03/dc_benchmark/2a57711961670859ea4c3102b766d1b16f7dea85/pictures/",
};

function published(
  title: string,
  { homepage, base }: { readonly homepage: string; readonly base: string },
  name: string,
  size: number,
  value: string,
): Dataset {
  return { title, homepage, files: [{ name, urls: [base + name], size, digest: { algorithm: "sha256", value } }] };
}

/**
 * Distilled sets that their publishers keep at an address of their own, pinned to a commit: the digests were made of files whose Git object
 * ids are those of that commit.
 */
export const publishedSets: Readonly<Record<string, Dataset>> = {
  "dc-cifar-10-1": published(
    "Distilled: DC, CIFAR-10, 1 image per class",
    generalization,
    "res_DC_CIFAR10_ConvNet_1ipc.pt",
    127031,
    "232cc9670af70fadace10edd208f876dd448fb8e5d3d3028336dc64724d34b8a",
  ),
  "dc-cifar-10-10": published(
    "Distilled: DC, CIFAR-10, 10 images per class",
    generalization,
    "res_DC_CIFAR10_ConvNet_10ipc.pt",
    1233659,
    "e55a7f832c1fb0594dc2710795f4b13984db3c74522517f38496470101006fd7",
  ),
  "dc-mnist-1": published(
    "Distilled: DC, MNIST, 1 image per class",
    generalization,
    "res_DC_MNIST_ConvNet_1ipc.pt",
    193140,
    "b6ef279537c88cb9033a7cb9d12442284d3cc136b95d311425b3aef5cff874ab",
  ),
  "dsa-cifar-10-10": published(
    "Distilled: DSA, CIFAR-10, 10 images per class, a picture",
    benchmark,
    "vis_DSA_CIFAR10_ConvNet_10ipc_exp4_iter1000.png",
    268848,
    "34b6a453507412fb80fb65392f55830a9d9429d0fa561e3b1e60f5f95db102eb",
  ),
  "dm-cifar-10-10": published(
    "Distilled: DM, CIFAR-10, 10 images per class, a picture",
    benchmark,
    "vis_DM_CIFAR10_ConvNet_10ipc_exp0_iter20000.png",
    265672,
    "3164684b87acd0f6960a389069dd81c3de64e0ac891cca7c0522f12aa3580944",
  ),
};
