/** What looks for patches. */
export const detectors = ["transplant", "inversion"] as const;
export type Detector = (typeof detectors)[number];

export interface AuditSettings {
  readonly detectors: readonly Detector[];
  readonly width: number;
  readonly epochs: number;
  /** Side of the patches, in pixels. */
  readonly side: number;
  /** Places of a patch along each edge. */
  readonly grid: number;
  /** Suspects that are followed to the end. */
  readonly followed: number;
}

/** What the prototype was measured with. */
export const defaultAudit: AuditSettings = { detectors, width: 16, epochs: 100, side: 5, grid: 8, followed: 4 };
