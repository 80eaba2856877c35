import type { Dataset, DatasetFile } from "./Dataset.ts";
import { medMnistSets } from "./medMnist.ts";
import { publishedSets } from "./publishedSets.ts";

const sha256 = (value: string) => ({ algorithm: "sha256", value }) as const;
const md5 = (value: string) => ({ algorithm: "md5", value }) as const;

/** The four files of MNIST and its kin from several addresses. */
function idx(
  bases: readonly string[],
  files: Readonly<Record<string, readonly [size: number, digest: string]>>,
): DatasetFile[] {
  return Object.entries(files).map(([name, [size, digest]]) => ({
    ...{ name, size, digest: sha256(digest) },
    urls: bases.map((base) => base + name),
  }));
}

const toronto = "https://www.cs.toronto.edu/~kriz/";
const housenumbers = "http://ufldl.stanford.edu/housenumbers/";

/** Raw datasets that `retort data get` knows, by name. Digests are checked after every download, whatever the address. */
export const datasets: Readonly<Record<string, Dataset>> = {
  mnist: {
    title: "MNIST, handwritten digits",
    homepage: "http://yann.lecun.com/exdb/mnist/",
    files: idx(["http://yann.lecun.com/exdb/mnist/", "https://ossci-datasets.s3.amazonaws.com/mnist/"], {
      "train-images-idx3-ubyte.gz": [9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"],
      "train-labels-idx1-ubyte.gz": [28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"],
      "t10k-images-idx3-ubyte.gz": [1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"],
      "t10k-labels-idx1-ubyte.gz": [4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"],
    }),
  },
  "fashion-mnist": {
    title: "Fashion-MNIST, articles of clothing",
    homepage: "https://github.com/zalandoresearch/fashion-mnist",
    files: idx(["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"], {
      "train-images-idx3-ubyte.gz": [26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"],
      "train-labels-idx1-ubyte.gz": [29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"],
      "t10k-images-idx3-ubyte.gz": [4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"],
      "t10k-labels-idx1-ubyte.gz": [5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"],
    }),
  },
  "cifar-10": {
    title: "CIFAR-10, binary version",
    homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
    files: [
      {
        name: "cifar-10-binary.tar.gz",
        urls: [`${toronto}cifar-10-binary.tar.gz`],
        size: 170052171,
        digest: sha256("c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
      },
    ],
    unpack: [".bin", ".meta.txt"],
  },
  "cifar-100": {
    title: "CIFAR-100, binary version",
    homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
    files: [
      {
        name: "cifar-100-binary.tar.gz",
        urls: [`${toronto}cifar-100-binary.tar.gz`],
        size: 168513733,
        digest: sha256("58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"),
      },
    ],
    unpack: [".bin", "_label_names.txt"],
  },
  svhn: {
    title: "SVHN, cropped house numbers",
    homepage: housenumbers,
    files: [
      {
        name: "train_32x32.mat",
        urls: [`${housenumbers}train_32x32.mat`],
        size: 182040794,
        digest: sha256("435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"),
      },
      {
        name: "test_32x32.mat",
        urls: [`${housenumbers}test_32x32.mat`],
        size: 64275384,
        digest: sha256("cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"),
      },
    ],
  },
  "tiny-imagenet-200": {
    title: "Tiny-ImageNet, 200 classes of 64 × 64",
    homepage: "http://cs231n.stanford.edu/",
    files: [
      {
        name: "tiny-imagenet-200.zip",
        urls: ["http://cs231n.stanford.edu/tiny-imagenet-200.zip"],
        size: 248100043,
        digest: md5("90528d7ca1a48142e341f4ef8d21d0de"),
      },
    ],
  },
  ...medMnistSets,
};

/** Sets that are known and not read, and why. */
export const refusedDatasets: Readonly<Record<string, string>> = Object.fromEntries(
  ["chestmnist", "chestmnist-64"].map((name) => [name, "images of ChestMNIST have any number of classes each"]),
);

/** Everything that can be downloaded: raw sets, and distilled ones of other people. */
export const downloads: Readonly<Record<string, Dataset>> = { ...datasets, ...publishedSets };
