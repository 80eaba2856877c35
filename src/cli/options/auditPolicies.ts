/** How much an audit must say for a set to be used: nothing against it, or also that it could be judged. */
export const auditPolicies = ["no-suspicion", "nothing-found"] as const;
export type AuditPolicy = (typeof auditPolicies)[number];
