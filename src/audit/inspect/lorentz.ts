/** Log likelihood with heavy tails (Student's t, 3 degrees of freedom, up to a constant): one odd feature decides nothing. */
export function lorentz(z: number): number {
  return -2 * Math.log(1 + (z * z) / 3);
}
