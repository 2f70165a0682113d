/** A document for `--json`: its fields, and the version of their form. */
export function json(fields: object): string {
  return JSON.stringify({ schemaVersion: 1, ...fields }, null, 2);
}
