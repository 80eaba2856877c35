/** One file of a raw dataset, pinned by a digest. */
export interface DatasetFile {
  readonly name: string;
  readonly urls: readonly string[];
  /** Bytes, where they are known beforehand. */
  readonly size?: number;
  /** SHA-256 where one could be checked against the publisher's own digest; otherwise the MD5 that the publisher gives. */
  readonly digest: { readonly algorithm: "sha256" | "md5"; readonly value: string };
}

export interface Dataset {
  readonly title: string;
  readonly homepage: string;
  readonly files: readonly DatasetFile[];
  /** Files of a tar archive that are taken out after the check, by the end of their names. */
  readonly unpack?: readonly string[];
}
