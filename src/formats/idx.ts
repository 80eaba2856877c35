import { DataError } from "../core/errors.ts";
import type { Finding, Format, LabelledSet, ObjectInfo, Opened, ReadOptions, Source, SourceFile } from "./Format.ts";
import { gunzip, gunzipHead, isGzip } from "./gzip.ts";
import { Budget, elementCount } from "./limits.ts";
import { byteRange, chooseSplit, classCount, naturalOrder, splitOf } from "./rawSet.ts";
import { unreadOf } from "./unreadOf.ts";

const who = "idx";
/** 4 magic bytes and at most 4 sizes. */
const HEADER = 20;

interface Header {
  readonly shape: readonly number[];
  /** Bytes before the values. */
  readonly start: number;
}

interface Part {
  readonly file: SourceFile;
  readonly packed: boolean;
  readonly header: Header;
}

/** MNIST's layout: one file of 8-bit images, one of labels, each perhaps gzipped. */
export const idx: Format = {
  title: "IDX images and labels (MNIST, Fashion-MNIST)",
  source: "http://yann.lecun.com/exdb/mnist/ (file formats)",
  reads: ["split"],

  async detect(source) {
    const parts = await findParts(source);
    return parts.some((part) => isImages(part.header)) ? 0.95 : parts.length > 0 ? 0.9 : 0;
  },

  async read(source, options = {}): Promise<Opened> {
    const parts = await findParts(source);
    if (parts.length === 0)
      throw new DataError(`${who}: missing IDX file: expected one that starts 00 00 08, got none`, 0);
    const split = chooseSplit(
      parts.map((part) => splitOf(part.file.path)),
      options.split,
      who,
    );
    const chosen = parts.filter((part) => split === undefined || splitOf(part.file.path) === split);
    const images = chosen.filter((part) => isImages(part.header));
    const labels = chosen.filter((part) => !isImages(part.header));
    if (images.length > 1 || labels.length > 1) {
      throw new DataError(
        `${who}: invalid folder: expected one file of images and one of labels, got ${images.length} and ${labels.length}`,
      );
    }
    const opened = await readPair(source, images[0], labels[0], options);
    // The other half of the set is recognised, and left to another call.
    return {
      ...opened,
      unread: unreadOf(
        source,
        parts.map((part) => part.file),
      ),
    };
  },
};

async function readPair(source: Source, images?: Part, labels?: Part, options: ReadOptions = {}): Promise<Opened> {
  const budget = new Budget(options.maxBytes);
  const findings: Finding[] = [];
  const objects: ObjectInfo[] = [];
  const load = async (part: Part) => {
    const values = await readValues(part, budget);
    objects.push({ path: part.file.path, dtype: "uint8", shape: part.header.shape, ...byteRange(values) });
    return values;
  };
  const pixels = images && (await load(images));
  const classes = labels && (await load(labels));
  if (!images || !pixels || !labels || !classes) {
    const missing = images ? "labels" : "images";
    findings.push({
      severity: "warning",
      rule: `${missing}-missing`,
      message: `The file of ${missing} is not here: name the folder that holds both.`,
    });
    return { format: "idx", objects, findings };
  }
  const [n, h, w] = images.header.shape;
  if (classes.length !== n)
    throw new DataError(`${who}: invalid labels: expected ${n}, one for each image, got ${classes.length}`, 4);
  const indices = Int32Array.from(classes);
  const set: LabelledSet = {
    kind: "labelled",
    name: source.name,
    pixels,
    shape: [n, 1, h, w],
    labels: indices,
    classes: classCount(indices),
  };
  return { format: "idx", set, objects, findings };
}

async function findParts(source: Source): Promise<Part[]> {
  const parts: Part[] = [];
  for (const file of naturalOrder(source.files)) {
    const part = await peek(file);
    if (part) parts.push(part);
  }
  return parts;
}

/** Recognise a file by its first bytes; `undefined` for everything that is not 8-bit IDX of one or three dimensions. */
async function peek(file: SourceFile): Promise<Part | undefined> {
  if (file.size < 8) return undefined;
  let head = await file.read(0, Math.min(512, file.size));
  const packed = isGzip(head);
  try {
    if (packed) head = gunzipHead(head, HEADER, who);
    const header = parseHeader(head);
    if (!packed && elementCount(header.shape, who, "values") !== file.size - header.start) return undefined;
    return { file, packed, header };
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

/** Parse `00 00 type ndim` and the big-endian sizes. */
function parseHeader(head: Uint8Array<ArrayBuffer>): Header {
  if (head.length < 8 || head[0] !== 0 || head[1] !== 0)
    throw new DataError(`${who}: invalid magic: expected 00 00, got other bytes`, 0);
  if (head[2] !== 8) throw new DataError(`${who}: invalid type: expected 8 (unsigned bytes), got ${head[2]}`, 2);
  if (head[3] !== 1 && head[3] !== 3)
    throw new DataError(`${who}: invalid number of dimensions: expected 1 or 3, got ${head[3]}`, 3);
  const start = 4 + 4 * head[3];
  if (head.length < start)
    throw new DataError(`${who}: invalid header: expected ${start} bytes, got fewer`, head.length);
  const view = new DataView(head.buffer, head.byteOffset);
  const shape = Array.from({ length: head[3] }, (_, i) => view.getUint32(4 + 4 * i));
  return { shape, start };
}

async function readValues(part: Part, budget: Budget): Promise<Uint8Array<ArrayBuffer>> {
  const { file, header } = part;
  const count = elementCount(header.shape, who, file.path, 4);
  const total = header.start + count;
  budget.charge(file.size, who, file.path);
  const raw = await file.read();
  if (!part.packed) return raw.slice(header.start);
  budget.charge(total, who, `${file.path}, unpacked`, 4);
  const bytes = gunzip(raw, total, who);
  if (bytes.length !== total)
    throw new DataError(`${who}: invalid size of ${file.path}: expected ${total} bytes, got ${bytes.length}`, 4);
  return bytes.subarray(header.start);
}

function isImages(header: Header): boolean {
  return header.shape.length === 3;
}
