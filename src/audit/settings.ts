/** How much work an audit does: seconds, a minute, many minutes for 100 images. */
export const levels = ["quick", "default", "deep"] as const;
export type Level = (typeof levels)[number];

export interface AuditSettings {
  readonly level: Level;
  /** Names of detectors of the registry; absent: those of the level. */
  readonly detectors?: readonly string[];
  /** Architecture of the audit's networks. */
  readonly network: string;
  readonly width: number;
  readonly epochs: number;
  /** Side of the patches, in pixels. */
  readonly side: number;
  /** Places of a patch along each edge. */
  readonly grid: number;
  /** Suspects that are followed to the end. */
  readonly followed: number;
}

/** What the prototype was measured with, but for the suspects that are followed: three instead of four. */
export const defaultAudit: AuditSettings = {
  level: "default",
  network: "convNet",
  width: 16,
  epochs: 100,
  side: 5,
  grid: 8,
  followed: 3,
};
