/**
 * The export conditions that this process was started with (`--conditions=x`, `-C x`, also in NODE_OPTIONS),
 * so that an import of a config means the same file to esbuild as to Node.
 */
export function userConditions(execArgv: readonly string[], nodeOptions: string): string[] {
  const words = [...nodeOptions.split(/\s+/), ...execArgv];
  const found = words.flatMap((word, index) => {
    if (word === '-C' || word === '--conditions') return words[index + 1] ?? [];
    return /^(?:--conditions|-C)=(?<name>.+)$/.exec(word)?.groups?.['name'] ?? [];
  });
  return [...new Set(found)];
}
