import { expect } from "vitest";

const text = { text: expect.stringMatching(/^.{1,1024}$/s) };

/** Hold a log to what SARIF 2.1.0 requires and what code-scanning hosts require on top. */
export function checkSarif(document: string): void {
  const log = JSON.parse(document);
  expect(log).toMatchObject({ $schema: expect.stringContaining("sarif-2.1.0"), version: "2.1.0" });
  expect(Object.keys(log).sort()).toEqual(["$schema", "runs", "version"]);
  const [run] = log.runs;
  expect(run.tool.driver).toMatchObject({
    name: expect.any(String),
    semanticVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
  for (const rule of run.tool.driver.rules) {
    expect(rule).toMatchObject({
      shortDescription: text,
      fullDescription: text,
      help: { ...text, markdown: expect.any(String) },
      defaultConfiguration: { level: expect.stringMatching(/^(none|note|warning|error)$/) },
      properties: { "security-severity": expect.stringMatching(/^\d+(\.\d+)?$/), precision: "very-high" },
    });
    expect(rule.id).toMatch(/^[\w-]{1,255}$/);
    expect(rule.name).toMatch(/^([A-Z][a-z]+)+$/);
  }
  expect(run.invocations).toEqual([expect.objectContaining({ executionSuccessful: expect.any(Boolean) })]);
  for (const { level, message } of run.invocations[0].toolExecutionNotifications) {
    expect(level).toMatch(/^(none|note|warning|error)$/);
    expect(message).toMatchObject({ text: expect.any(String) });
  }
  expect(run.results.length).toBeLessThanOrEqual(5000);
  const fingerprints = new Set<string>();
  for (const result of run.results) {
    expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(result).toMatchObject({ kind: "fail", level: "error", message: { text: expect.stringMatching(/./) } });
    expect(result.locations).toHaveLength(1);
    const { artifactLocation, region } = result.locations[0].physicalLocation;
    checkRelative(artifactLocation.uri);
    expect(run.originalUriBaseIds).toHaveProperty(artifactLocation.uriBaseId);
    expect(region.startLine).toBeGreaterThanOrEqual(1);
    expect(region.startColumn).toBeGreaterThanOrEqual(1);
    const print = result.partialFingerprints.primaryLocationLineHash;
    expect(print).toMatch(/^[0-9a-f]+:\d+$/);
    fingerprints.add(print);
  }
  expect(fingerprints.size).toBe(run.results.length);
}

/** A path inside the repository, as RFC 3986 spells it. */
function checkRelative(uri: string): void {
  expect(uri).toMatch(/^(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$/);
  expect(uri).not.toMatch(/^\/|^[a-z][a-z0-9+.-]*:|\/\/|\\/i);
  expect(uri.split("/")).not.toContain("..");
  expect(new URL(uri, "https://host/repository/").href.startsWith("https://host/repository/")).toBe(true);
}
