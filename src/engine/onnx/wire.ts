/** Minimal protocol-buffer writer: the field kinds that ONNX models and event files need (protobuf encoding guide). */
export class Wire {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** Field of wire type 0. Negative numbers take ten bytes, as int64 demands. */
  int(field: number, value: number | bigint): this {
    this.push(varint((field << 3) | 0));
    this.push(varint(value));
    return this;
  }

  /** Field of wire type 5: a 32-bit float. */
  float(field: number, value: number): this {
    this.push(varint((field << 3) | 5));
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.push(bytes);
    return this;
  }

  /** Field of wire type 1: a 64-bit float. */
  double(field: number, value: number): this {
    this.push(varint((field << 3) | 1));
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.push(bytes);
    return this;
  }

  /** Field of wire type 2: bytes, a string or a message. */
  bytes(field: number, value: Uint8Array | string | Wire): this {
    const data = typeof value === "string" ? encoder.encode(value) : value instanceof Wire ? value.finish() : value;
    this.push(varint((field << 3) | 2));
    this.push(varint(data.length));
    this.push(data);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out;
  }

  private push(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.length += bytes.length;
  }
}

const encoder = new TextEncoder();

function varint(value: number | bigint): Uint8Array {
  if (typeof value === "number" && value >= 0 && value < 0x4000)
    return value < 0x80 ? Uint8Array.of(value) : Uint8Array.of((value & 0x7f) | 0x80, value >> 7);
  let v = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  do {
    const low = Number(v & 0x7fn);
    v >>= 7n;
    out.push(v > 0n ? low | 0x80 : low);
  } while (v > 0n);
  return Uint8Array.from(out);
}
