const encoder = new TextEncoder();

/**
 * Make the bytes that a DSSE envelope signs: `DSSEv1 <len(type)> <type> <len(payload)> <payload>`, lengths in bytes.
 *
 * Source: DSSE protocol v1, "Pre-Authentication Encoding".
 */
export function pae(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = encoder.encode(payloadType);
  const head = encoder.encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}
