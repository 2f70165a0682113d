/** One link that a package offers to own (update-alternatives(1)). */
export interface Alternative {
  /** Absolute path of the link, like `/usr/bin/awk`. */
  readonly link: string;
  /** Its name under `/etc/alternatives`. */
  readonly name: string;
  /** Absolute path that it leads to. */
  readonly path: string;
  readonly priority: number;
}

const WORD = /^[A-Za-z0-9_./+@:%~-]+$/;

/**
 * The `update-alternatives --install` calls of a maintainer script, slaves as links of their own. Calls that the
 * shell would first have to work out (variables, loops) are not among them.
 */
export function parseAlternatives(script: string): Alternative[] {
  return script
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^update-alternatives\s.*--install\s/.test(line))
    .flatMap(alternativesOf);
}

function alternativesOf(line: string): Alternative[] {
  const words = line.replace(/\s*(?:\|\|.*|>.*|;.*)$/, '').split(/\s+/);
  const at = words.indexOf('--install');
  const [link, name, path, priority] = words.slice(at + 1, at + 5);
  if (!link || !name || !path || !/^-?\d+$/.test(priority ?? '')) return [];
  const master = { link, name, path, priority: Number(priority) };
  const slaves = words.flatMap((word, index) => {
    const [slaveLink, slaveName, slavePath] = words.slice(index + 1, index + 4);
    if (word !== '--slave' || !slaveLink || !slaveName || !slavePath) return [];
    return [{ link: slaveLink, name: slaveName, path: slavePath, priority: master.priority }];
  });
  return [master, ...slaves].filter((one) =>
    [one.link, one.name, one.path].every((word) => WORD.test(word)),
  );
}

/** The alternatives in force: for each name the highest priority, among equals the first by path. */
export function bestAlternatives(alternatives: readonly Alternative[]): Alternative[] {
  const best = new Map<string, Alternative>();
  for (const one of alternatives) {
    const known = best.get(one.name);
    if (known === undefined || isBetter(one, known)) best.set(one.name, one);
  }
  return [...best.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function isBetter(one: Alternative, other: Alternative): boolean {
  return (
    one.priority > other.priority || (one.priority === other.priority && one.path < other.path)
  );
}
