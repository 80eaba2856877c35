import { stringify } from "yaml";
import { type ArrayJob, partCommand } from "./ArrayJob.ts";

/** A Kubernetes Job in Indexed mode: one pod a part. The claim `sweep` holds the experiment, its files and the sweep's folder. */
export function k8s(job: ArrayJob): string {
  const { name, shards, cores, image } = job;
  const line = `exec ${partCommand(job, "$((JOB_COMPLETION_INDEX + 1))")}`;
  return stringify({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: label(name) },
    spec: {
      completionMode: "Indexed",
      completions: shards,
      parallelism: shards,
      backoffLimitPerIndex: 3,
      template: {
        spec: {
          restartPolicy: "Never",
          containers: [
            {
              name: "retort",
              image,
              workingDir: "/sweep",
              command: ["sh", "-c", line],
              resources: { requests: { cpu: String(cores) } },
              volumeMounts: [{ name: "sweep", mountPath: "/sweep" }],
            },
          ],
          volumes: [{ name: "sweep", persistentVolumeClaim: { claimName: "sweep" } }],
        },
      },
    },
  });
}

/** A DNS label (RFC 1123), as names of objects must be. */
const label = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 50)
    .replace(/^-+|-+$/g, "") || "retort";
