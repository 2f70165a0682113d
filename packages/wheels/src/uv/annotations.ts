import { normalizeName } from '../names/normalize.ts';

/** Who requires what, read from uv's comments. */
export interface Annotated {
  readonly version: string;
  /** Normalised names of packages, sorted; the requirements themselves are left out. */
  readonly requiredBy: readonly string[];
}

/**
 * Reads `uv pip compile --annotation-style split`: pins at the start of a line, and below them, as comments, `via`
 * with the packages that require them. Lines for files (`-r`, `-c`) name no package.
 */
export function parseAnnotations(text: string): Map<string, Annotated> {
  const found = new Map<string, { version: string; requiredBy: Set<string> }>();
  let current: Set<string> | undefined;
  for (const line of text.split('\n')) {
    const pin = /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)/.exec(line);
    if (pin) {
      current = new Set();
      found.set(normalizeName(pin[1] ?? ''), { version: pin[2] ?? '', requiredBy: current });
      continue;
    }
    const comment = /^\s+#\s*(?:via\b\s*)?(.*)$/.exec(line)?.[1]?.trim();
    const parent = /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?$/.exec(comment ?? '')?.[1];
    if (parent) current?.add(normalizeName(parent));
  }
  return new Map(
    [...found].map(([name, { version, requiredBy }]) => [
      name,
      { version, requiredBy: [...requiredBy].sort() },
    ]),
  );
}
