/** The oldest uv that writes pylock.toml as read here and knows the target platforms. */
export const UV_MINIMUM = '0.9.0';
/** The release that is fetched where none is found. */
export const UV_PREFERRED = '0.13.9';

/** Compares plain release numbers: negative when `a` is older. */
export function compareRelease(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** `uv 0.13.9 (…)` → `0.13.9` */
export function parseUvVersion(output: string): string | undefined {
  return /^uv (\d+\.\d+\.\d+)/.exec(output)?.[1];
}
