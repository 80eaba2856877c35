import type { DistilledSet } from "../data/DistilledSet.ts";
import type { LabelledSet } from "../data/LabelledSet.ts";
import type { Normalisation, WhiteningFit, ZcaWhitening } from "../data/Normalisation.ts";

/** One file as a reader sees it. Nothing is read before it is asked for. */
export interface SourceFile {
  /** Path inside the source, "/"-separated, never absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Read the whole file, or `length` bytes from `start` (default: all that follow). Fresh memory on each call.
   *
   * @throws DataError if the range does not lie inside the file.
   */
  read(start?: number, length?: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** What a person named on the command line: one file, or a folder of files. */
export interface Source {
  readonly name: string;
  readonly folder: boolean;
  /** Sorted by path. */
  readonly files: readonly SourceFile[];
  /** What was noticed while listing: links that lead out of the folder and were left out. */
  readonly findings?: readonly Finding[];
  /** Files that no reader is shown: hidden ones and what systems leave behind. They are scanned all the same. */
  readonly others?: readonly SourceFile[];
  /** Files among those that belong beside a set and need no mention, such as those of a seal. */
  readonly expected?: (path: string) => boolean;
}

export type Severity = "dangerous" | "unsafe" | "unknown" | "warning" | "note";

/** Something a reader noticed. What the severities mean, and which exit status follows, stands in verdict.ts. */
export interface Finding {
  readonly severity: Severity;
  /** Stable kebab-case id: "pickle-global", "label-outside-slot". */
  readonly rule: string;
  readonly message: string;
  readonly file?: string;
  readonly offset?: number;
}

/** One tensor or value found in a file. */
export interface ObjectInfo {
  /** Where it sits: `data[0][1]`, `accs_all_exps.ConvNet`. */
  readonly path: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly min?: number;
  readonly max?: number;
}

/** What a file leaves open. An option that a format does not use is ignored by it and refused by `openSet`. */
export interface ReadOptions {
  /** Upper bound on all bytes a reader may allocate. Default 2 GiB. */
  readonly maxBytes?: number;
  /** Which experiment of a DC/DSA/DM file. Default 0. */
  readonly experiment?: number;
  /** Memory order of the images where the file does not say. */
  readonly layout?: "nchw" | "nhwc";
  /** What somebody says was done to the pixels. Compared with what the file says by `openSet`; readers do not see it. */
  readonly normalisation?: Normalisation;
  /** Images per class of a class-major set, where labels are missing. */
  readonly ipc?: number;
  /** IDC: tiles per side that a stored image is cut into. Default 2 where a file has that layout; 1 leaves it as stored. */
  readonly factor?: number;
  /** Which half of a raw set that comes with both. Default "train", or the only one there. */
  readonly split?: "train" | "test";
  /** Read the groups of classes instead of the classes, where a raw set has both. Default false. */
  readonly coarse?: boolean;
  /** Bring pictures to so many pixels a side (`centreSquare`), whatever size each has. Default: as they are, of one size. */
  readonly side?: number;
  /** Decodes JPEG files, whose decoder depends on the platform. Without one, JPEG is refused by name. */
  readonly jpeg?: JpegDecoder;
  /** Finds the whitening of a set that names it without carrying it; raw data depend on the platform. */
  readonly whitening?: WhiteningLookup;
}

/** An option that some formats read and others do not. */
export type ReadOption = "coarse" | "experiment" | "factor" | "ipc" | "layout" | "split";

/** @returns the whitening of a raw dataset, or undefined where its data are not at hand or are others than it was fitted to. */
export type WhiteningLookup = (name: string, fit: WhiteningFit) => Promise<ZcaWhitening | undefined>;

/** 8-bit samples, row by row, channels interleaved as image files hold them. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Decode one JPEG file whose headers were checked: accurate integer DCT, smooth chroma upsampling, no colour management. */
export type JpegDecoder = (bytes: Uint8Array<ArrayBuffer>) => Promise<DecodedImage>;

export interface Opened {
  /** Registry name of the format that read it. */
  readonly format: string;
  readonly set?: DistilledSet | LabelledSet;
  readonly objects: readonly ObjectInfo[];
  readonly findings: readonly Finding[];
  /** Test accuracies stored in the file, per network, as fractions. */
  readonly accuracies?: Readonly<Record<string, readonly number[]>>;
  /** Every global that a pickle in the file names, also when the file was refused. */
  readonly globals?: readonly string[];
  /**
   * What the file says beside its numbers: plain values, maps, lists and typed arrays, by their names. `openSet` looks through them for a
   * declaration that the set was tampered with. What stands in the set's metadata need not be repeated.
   */
  readonly records?: unknown;
  /** Files of the source, or of the archive that it is, that were not read. Absent: all were. */
  readonly unread?: readonly SourceFile[];
  /** Who says how the pixels were normalised. Absent: the file, or nobody. */
  readonly normalisationBy?: NormalisationBy;
}

/** `pictures`: pictures hold pixels; `reader`: a rule by which a reader tells a layout (IDC's pairs); `you`: the caller. */
export type NormalisationBy = "file" | "pictures" | "reader" | "you";

/** One file format: how to recognise it by content, read it without executing it, and write it. */
export interface Format {
  readonly title: string;
  /** Specification or repository the layout comes from. */
  readonly source: string;
  /** Options of `read` that mean something for its files; the others are refused. Default: none. */
  readonly reads?: readonly ReadOption[];
  /** Confidence in [0, 1] that this format is the right reader; looks at content, never at the extension alone. */
  detect(source: Source): Promise<number>;
  /** @throws DataError with a byte offset; Refusal (a DataError) where there is more to report. */
  read(source: Source, options?: ReadOptions): Promise<Opened>;
  /** Files to write, relative path → bytes; `losses` says what the format cannot hold. */
  write?(set: DistilledSet): Promise<Written>;
  /** Endings of an output's name that ask for it: ".npz". "" is a name without one, of a folder. */
  readonly endings?: readonly string[];
  /** It writes pixels: the set's numbers must lead to them. */
  readonly writesPixels?: true;
}

export interface Written {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly losses: readonly string[];
}

export type { DistilledSet, LabelledSet };
