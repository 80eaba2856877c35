/** Longer texts are not kept: no module has such a name. */
export const maxName = 1024;

const escapes: Readonly<Record<string, string>> = {
  ...{ "\\": "\\", "'": "'", '"': '"', a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
};

/** A Python 2 string literal, as protocol 0 writes texts: quotes off, escapes resolved, unknown ones kept as they are. */
export function unquote(text: string): string | undefined {
  const [quote] = text;
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) return undefined;
  return text.slice(1, -1).replace(/\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S]))/g, (whole, hex, octal, char) => {
    if (hex) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
    return Object.hasOwn(escapes, char) ? escapes[char] : whole;
  });
}

/** Python's raw-unicode-escape: one character a byte, but for u with 4 and U with 8 hexadecimal digits after an odd number of backslashes. */
export function unescape16(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|U(00[01][0-9a-fA-F]{5})|[\s\S])/g, (whole, short, long) => {
    const code = Number.parseInt(short ?? long, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** The argument of INT: a number, or a truth value as protocols 0 and 1 write it. Undefined for anything else. */
export function textInt(text: string): number | bigint | boolean | undefined {
  if (text === "00") return false;
  if (text === "01") return true;
  return textLong(text);
}

/** The argument of LONG: digits with Python 2's trailing L. */
export function textLong(text: string): number | bigint | undefined {
  if (!/^[+-]?\d{1,4000}L?$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+|L$/g, ""));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The argument of FLOAT. */
export function textFloat(text: string): number | undefined {
  if (/^[+-]?(inf|nan)$/i.test(text))
    return text.toLowerCase().includes("nan") ? Number.NaN : Number(`${text[0] === "-" ? "-" : ""}Infinity`);
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}

/** The argument of GET and PUT. Python also takes " 1_0 " for 10; such a number is none here. */
export function textSlot(text: string): number | undefined {
  return /^(0|[1-9]\d{0,8})$/.test(text) ? Number(text) : undefined;
}
