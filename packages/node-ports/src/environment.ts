/** An environment as a process sees it; handed in, never read from the global. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable; an empty one counts as missing, as POSIX tools and XDG treat it. */
export function variable(env: Environment, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}
