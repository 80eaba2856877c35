import type { Dataset } from "./Dataset.ts";

/** The record that keeps all sizes since 2.2.4; the organ sets of earlier records hold blank images too. */
const record = "https://zenodo.org/records/10519652/files/";

/** Title and MD5 with 28 × 28 and with 64 × 64 pixels, as the package medmnist publishes them. */
const sets: Readonly<Record<string, readonly [title: string, small: string, large: string]>> = {
  pathmnist: ["PathMNIST, colon pathology", "a8b06965200029087d5bd730944a56c1", "55aa9c1e0525abe5a6b9d8343a507616"],
  dermamnist: ["DermaMNIST, skin lesions", "0744692d530f8e62ec473284d019b0c7", "b70a2f5635c6199aeaa28c31d7202e1f"],
  octmnist: ["OCTMNIST, retinal tomography", "c68d92d5b585d8d81f7112f81e2d0842", "e229e9440236b774d9f0dfef9d07bdaf"],
  pneumoniamnist: [
    "PneumoniaMNIST, chest X-rays",
    "28209eda62fecd6e6a2d98b1501bb15f",
    "8f4eceb4ccffa70c672198ea285246c6",
  ],
  retinamnist: ["RetinaMNIST, fundus images", "bd4c0672f1bba3e3a89f0e4e876791e4", "afda852cc34dcda56f86ad2b2457dbcc"],
  breastmnist: ["BreastMNIST, ultrasound", "750601b1f35ba3300ea97c75c52ff8f6", "742edef2a1fd1524b2efff4bd7ba9364"],
  bloodmnist: ["BloodMNIST, blood cells", "7053d0359d879ad8a5505303e11de1dc", "2b94928a2ae4916078ca51e05b6b800b"],
  tissuemnist: ["TissueMNIST, kidney cells", "ebe78ee8b05294063de985d821c1c34b", "123ece2eba09d0aa5d698fda57103344"],
  organamnist: [
    "OrganAMNIST, abdominal CT, axial",
    "68e3f8846a6bd62f0c9bf841c0d9eacc",
    "2dcccc29b88e6da5a01161ef20cda288",
  ],
  organcmnist: [
    "OrganCMNIST, abdominal CT, coronal",
    "b9ceb9546e10131b32923c5bbeaea2b1",
    "3ce34a8724ea6f548e6db4744d03b6a9",
  ],
  organsmnist: [
    "OrganSMNIST, abdominal CT, sagittal",
    "9ab87b696fb54e2a387ebe992d6ed5f1",
    "53a6d115339d874c25e309a994ff46d3",
  ],
};

function medMnist(file: string, title: string, digest: string): Dataset {
  return {
    title,
    homepage: "https://medmnist.com",
    files: [{ name: file, urls: [`${record}${file}?download=1`], digest: { algorithm: "md5", value: digest } }],
  };
}

/** The 2-D sets of MedMNIST with one class an image, with 28 × 28 pixels (`pathmnist`) and with 64 × 64 (`pathmnist-64`). */
export const medMnistSets: Readonly<Record<string, Dataset>> = Object.fromEntries(
  Object.entries(sets).flatMap(([name, [title, small, large]]) => [
    [name, medMnist(`${name}.npz`, `${title} (MedMNIST, 28 × 28)`, small)],
    [`${name}-64`, medMnist(`${name}_64.npz`, `${title} (MedMNIST, 64 × 64)`, large)],
  ]),
);
