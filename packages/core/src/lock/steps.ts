import type { DebianLock } from '@mlcontainer/debian';
import type { Architecture } from '@mlcontainer/plugin-kit';

/** Resolves packages for one architecture, with all that the image asks for beside them. */
export type ResolveBeside = (
  architecture: Architecture,
  packages: readonly string[],
) => Promise<readonly DebianLock[]>;

/**
 * What the build container needs besides the image: resolved together with the image's packages, from the same
 * indexes, so that versions fit; what the image has is left out.
 */
export async function resolveSteps(
  tools: readonly string[],
  images: readonly DebianLock[],
  resolve: ResolveBeside,
): Promise<readonly DebianLock[]> {
  const locks: DebianLock[] = [];
  for (const image of images) {
    const shipped = new Set(image.packages.map(({ name }) => name));
    for (const both of await resolve(image.architecture, tools)) {
      const packages = both.packages.filter(({ name }) => !shipped.has(name));
      locks.push({ ...both, packages, omitted: [] });
    }
  }
  return locks;
}
