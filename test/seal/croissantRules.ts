interface Node {
  readonly [name: string]: unknown;
}

const list = (value: unknown): Node[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]) as Node[];
const isUrl = (value: unknown) => typeof value === "string" && /^(https?:\/\/|urn:)[^\s]+$/.test(value);
const isDate = (value: unknown) =>
  typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));

/**
 * Check a description against the rules of Croissant 1.1: required properties and their types, resources, record sets,
 * fields, unique identifiers, references that lead somewhere.
 *
 * Source: Croissant format specification 1.1, "Dataset-level information", "Resources", "RecordSets".
 *
 * @returns every broken rule in words.
 */
export function brokenCroissantRules(document: Node): string[] {
  const broken: string[] = [];
  const must = (holds: boolean, rule: string) => holds || broken.push(rule);
  const context = document["@context"] as Node;
  must(
    context["@vocab"] === "http://schema.org/" && context.cr === "http://mlcommons.org/croissant/",
    "context names schema.org and the Croissant namespace",
  );
  must(document["@type"] === "sc:Dataset", "the type is schema.org/Dataset");
  must(
    list(document.conformsTo).includes("http://mlcommons.org/croissant/1.1" as never),
    "conformsTo names Croissant 1.1",
  );
  for (const name of ["name", "description", "version"])
    must(typeof document[name] === "string" && document[name] !== "", `${name} is text`);
  must(isUrl(document.url), "url is a URL");
  must(
    list(document.license).every((license) => isUrl(license) || license["@type"] === "sc:CreativeWork"),
    "license is a URL or a work",
  );
  must(document.license !== undefined, "license is there");
  must(
    list(document.creator).length > 0 &&
      list(document.creator).every(
        (c) => ["sc:Organization", "sc:Person"].includes(String(c["@type"])) && typeof c.name === "string",
      ),
    "creator is an organisation or person",
  );
  must(isDate(document.datePublished), "datePublished is a date");
  must(list(document.distribution).length > 0, "distribution has resources");
  for (const resource of list(document.distribution)) {
    must(
      typeof resource["@id"] === "string" &&
        typeof resource.encodingFormat === "string" &&
        /^[a-z]+\/[a-z0-9.+-]+$/.test(String(resource.encodingFormat)),
      `${resource["@id"]}: identifier and media type`,
    );
    if (resource["@type"] === "cr:FileObject") {
      must(
        typeof resource.contentUrl === "string" && !/[\s]|^\//.test(String(resource.contentUrl)),
        `${resource["@id"]}: contentUrl is relative or a URL`,
      );
      must(/^[0-9a-f]{64}$/.test(String(resource.sha256)), `${resource["@id"]}: sha256`);
      must(/^\d+ B$/.test(String(resource.contentSize)), `${resource["@id"]}: contentSize`);
    } else {
      must(
        resource["@type"] === "cr:FileSet" && list(resource.includes).length > 0,
        `${resource["@id"]}: a file set includes a pattern`,
      );
    }
  }
  const ids = [
    ...list(document.distribution),
    ...list(document.recordSet),
    ...list(document.recordSet).flatMap((set) => list(set.field)),
  ].map((node) => node["@id"]);
  must(new Set(ids).size === ids.length, "identifiers are unique");
  for (const set of list(document.recordSet)) checkRecordSet(set, ids, must);
  for (const name of Object.keys(document)) {
    const [prefix] = name.split(":");
    must(!name.includes(":") || prefix in context, `${name}: the context explains the prefix`);
  }
  return broken;
}

function checkRecordSet(set: Node, ids: readonly unknown[], must: (holds: boolean, rule: string) => unknown): void {
  const name = String(set["@id"]);
  must(set["@type"] === "cr:RecordSet" && list(set.field).length > 0, `${name}: a record set has fields`);
  for (const key of list(set.key)) must(ids.includes(key["@id"]), `${name}: the key is a field`);
  for (const field of list(set.field)) {
    const id = String(field["@id"]);
    must(field["@type"] === "cr:Field" && id.startsWith(`${name}/`), `${id}: a field is named after its record set`);
    must(
      list(field.dataType).length > 0 && list(field.dataType).every((type) => /^(sc|cr|wd):/.test(String(type))),
      `${id}: data type`,
    );
    const source = field.source as Node | undefined;
    must(source !== undefined || set.data !== undefined, `${id}: a source, or data in the record set`);
    if (!source) continue;
    const from = (source.fileSet ?? source.fileObject) as Node | undefined;
    must(from !== undefined && ids.includes(from["@id"]), `${id}: the source is a resource`);
    must(
      ["content", "fullpath", "filename", "filepath", "lines"].includes(String((source.extract as Node).fileProperty)),
      `${id}: what is extracted`,
    );
  }
  const fields = list(set.field).map((field) => field["@id"]);
  for (const record of list(set.data))
    must(
      Object.keys(record).every((key) => fields.includes(key)) && fields.every((key) => String(key) in record),
      `${name}: records have exactly the fields`,
    );
}
