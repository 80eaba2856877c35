import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import { classCounts, digestTensors } from "../data/tensorDigests.ts";
import type { Resource } from "./manifest.ts";
import type { Publication } from "./provenance.ts";
import type { SetFacts } from "./tensors.ts";

/** What hubs and people are told about a set. */
export interface Description extends Publication {
  readonly name: string;
  readonly text?: string;
  /** URL or SPDX identifier of the licence. */
  readonly license?: string;
  readonly creator?: string;
  readonly url?: string;
  /** Raw datasets that the set was distilled from. */
  readonly derivedFrom: readonly string[];
  readonly facts: SetFacts;
}

/** A file as the description lists it. */
export interface DescribedFile extends Resource {
  readonly size: number;
}

const notStated = "not stated";
/** Chosen: more data files than this are described as a set of files by a pattern. */
const listedFiles = 50;

/** Recommended context of Croissant 1.1 (appendix 1), the terms that are used here, and PROV-O. */
const context = {
  "@language": "en",
  "@vocab": "http://schema.org/",
  sc: "http://schema.org/",
  cr: "http://mlcommons.org/croissant/",
  rai: "http://mlcommons.org/croissant/RAI/",
  dct: "http://purl.org/dc/terms/",
  prov: "http://www.w3.org/ns/prov#",
  arrayShape: "cr:arrayShape",
  conformsTo: "dct:conformsTo",
  containedIn: "cr:containedIn",
  data: { "@id": "cr:data", "@type": "@json" },
  dataType: { "@id": "cr:dataType", "@type": "@vocab" },
  extract: "cr:extract",
  field: "cr:field",
  fileObject: "cr:fileObject",
  fileProperty: "cr:fileProperty",
  fileSet: "cr:fileSet",
  includes: "cr:includes",
  isLiveDataset: "cr:isLiveDataset",
  key: "cr:key",
  recordSet: "cr:recordSet",
  references: "cr:references",
  regex: "cr:regex",
  source: "cr:source",
  transform: "cr:transform",
};

/** Who writes the file; a file without it was written by the publisher and is left alone. */
export const croissantGenerator = "retort seal";

/**
 * Describe a set in Croissant 1.1 with RAI fields: JSON-LD that dataset hubs and search engines read.
 *
 * @param set absent where no reader knows the files.
 */
export function croissant(
  description: Description,
  files: readonly DescribedFile[],
  set?: DistilledSet | LabelledSet,
): string {
  const { name, version, date, license, creator, url, derivedFrom } = description;
  const images = classFolders(files);
  const document = {
    "@context": context,
    "@type": "sc:Dataset",
    name,
    description: description.text ?? defaultText(description, set),
    conformsTo: ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
    license: license === undefined ? { "@type": "sc:CreativeWork", name: notStated } : licenseUrl(license),
    url: url ?? `urn:retort:set:${encodeURIComponent(name)}`,
    creator: { "@type": "sc:Organization", name: creator ?? notStated },
    sdPublisher: { "@type": "sc:SoftwareApplication", name: croissantGenerator },
    datePublished: date,
    version,
    isLiveDataset: false,
    keywords: ["distilled dataset", "dataset distillation", "synthetic data", "image classification"],
    "rai:hasSyntheticData": true,
    "rai:dataCollection": `Synthesised${description.facts.method ? ` by ${description.facts.method}` : ""}: the images were optimised, not photographed.`,
    "rai:dataLimitations":
      "Made to train classifiers, not to be looked at. Accuracy depends on the network, the training and the normalisation.",
    "rai:dataUseCases": ["training of image classifiers", "research on dataset distillation and its security"],
    "rai:personalSensitiveInformation": "None added; traces of the raw datasets it was derived from may remain.",
    ...(derivedFrom.length > 0 && {
      "prov:wasDerivedFrom": derivedFrom.map((source) => ({ "@type": "prov:Entity", name: source })),
    }),
    distribution: distribution(files, images),
    ...recordSets(images, set),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function defaultText({ facts, derivedFrom }: Description, set?: DistilledSet | LabelledSet): string {
  const size = set ? `${set.shape[0]} synthetic images of ${set.classes} classes` : "A distilled image dataset";
  const from = derivedFrom.length > 0 ? ` distilled from ${derivedFrom.join(", ")}` : "";
  return `${size}${from}${facts.method ? ` with ${facts.method}` : ""}.`;
}

/** An SPDX identifier as its URL; anything else stays as it is. */
function licenseUrl(license: string): string {
  return /^[A-Za-z0-9.+-]+$/.test(license) ? `https://spdx.org/licenses/${license}` : license;
}

/** The extension of images that lie one folder deep, where the folder is the class. */
function classFolders(files: readonly DescribedFile[]): string | undefined {
  const nested = files.filter(({ name }) => /^[^/]+\/[^/]+\.(png|jpe?g)$/i.test(name));
  if (nested.length === 0 || nested.length < files.length / 2) return undefined;
  return nested[0].name.slice(nested[0].name.lastIndexOf(".") + 1);
}

function distribution(files: readonly DescribedFile[], images: string | undefined) {
  const single = images ? files.filter(({ name }) => !name.endsWith(`.${images}`)) : files;
  const objects = single.slice(0, listedFiles).map(({ name, size, digest }) => ({
    "@type": "cr:FileObject",
    "@id": name,
    name,
    contentUrl: name.split("/").map(encodeURIComponent).join("/"),
    contentSize: `${size} B`,
    encodingFormat: mediaType(name),
    sha256: digest,
  }));
  const sets = [...(images ? [images] : []), ...extensions(single.slice(listedFiles))].map((extension) => ({
    "@type": "cr:FileSet",
    "@id": extension === images ? "image-files" : `files-${extension}`,
    name: extension === images ? "image-files" : `files-${extension}`,
    encodingFormat: mediaType(`x.${extension}`),
    includes: extension === images ? `*/*.${extension}` : `**/*.${extension}`,
  }));
  return [...objects, ...sets];
}

function extensions(files: readonly DescribedFile[]): string[] {
  return [...new Set(files.map(({ name }) => name.slice(name.lastIndexOf(".") + 1)))];
}

function mediaType(name: string): string {
  const types: Readonly<Record<string, string>> = {
    png: "image/png",
    jpg: "image/jpeg",
    jpeg: "image/jpeg",
    csv: "text/csv",
    json: "application/json",
    md: "text/markdown",
    txt: "text/plain",
    zip: "application/zip",
    parquet: "application/vnd.apache.parquet",
  };
  return types[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";
}

function recordSets(images: string | undefined, set?: DistilledSet | LabelledSet) {
  if (!set) return {};
  const tensors = digestTensors(set).tensors.map((tensor) => ({
    "tensors/name": tensor.name,
    "tensors/dtype": tensor.dtype,
    "tensors/shape": tensor.shape.join(","),
    "tensors/sha256": tensor.sha256,
  }));
  const classes = classCounts(set).map((count, i) => ({
    "classes/index": i,
    "classes/name": set.classNames?.[i] ?? String(i),
    "classes/images": count,
  }));
  const text = (id: string) => ({ "@type": "cr:Field", "@id": id, name: id.split("/")[1], dataType: "sc:Text" });
  const integer = (id: string) => ({ ...text(id), dataType: "sc:Integer" });
  return {
    recordSet: [
      inlineRecords(
        "classes",
        "classes/index",
        [integer("classes/index"), text("classes/name"), integer("classes/images")],
        classes,
      ),
      inlineRecords(
        "tensors",
        "tensors/name",
        ["name", "dtype", "shape", "sha256"].map((f) => text(`tensors/${f}`)),
        tensors,
      ),
      ...(images ? [imageRecords(images)] : []),
    ],
  };
}

function inlineRecords(id: string, key: string, field: readonly object[], data: readonly object[]) {
  return { "@type": "cr:RecordSet", "@id": id, name: id, key: { "@id": key }, field, data };
}

function imageRecords(extension: string) {
  return {
    "@type": "cr:RecordSet",
    "@id": "images",
    name: "images",
    field: [
      {
        "@type": "cr:Field",
        "@id": "images/content",
        name: "content",
        dataType: "sc:ImageObject",
        source: { fileSet: { "@id": "image-files" }, extract: { fileProperty: "content" } },
      },
      {
        "@type": "cr:Field",
        "@id": "images/label",
        name: "label",
        dataType: ["sc:Text", "cr:Label"],
        source: {
          fileSet: { "@id": "image-files" },
          extract: { fileProperty: "fullpath" },
          transform: { regex: `([^/]+)/[^/]+\\.${extension}$` },
        },
      },
    ],
  };
}

/** What an earlier seal said, to be kept when the set is sealed again. */
export function readCroissant(text: string): Partial<Description> & { readonly generated: boolean } {
  try {
    const document = JSON.parse(text) as Record<string, unknown>;
    const generated = nameOf(document.sdPublisher) === croissantGenerator;
    const stated = (value: unknown) => (typeof value === "string" && value !== notStated ? value : undefined);
    const url = stated(document.url);
    return {
      generated,
      name: stated(document.name),
      version: stated(document.version),
      date: stated(document.datePublished),
      license: stated(document.license),
      creator: stated(nameOf(document.creator)),
      url: url?.startsWith("urn:retort:") ? undefined : url,
      text: stated(document.description),
    };
  } catch {
    return { generated: false };
  }
}

function nameOf(value: unknown): unknown {
  return (value as { name?: unknown } | undefined)?.name;
}
