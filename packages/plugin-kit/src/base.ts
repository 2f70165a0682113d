/** A root filesystem laid from signed Debian packages; the default. */
export interface DebianBase {
  readonly kind: 'debian';
  readonly suite: 'bookworm' | 'trixie';
  /** Debian packages besides those that Python needs. */
  readonly packages: readonly string[];
  /** Base URL of a mirror; otherwise the environment's, the machine's, or the snapshot service. */
  readonly mirror?: string;
  /** An armored or binary OpenPGP keyring file to trust instead of the shipped Debian keys, relative to the config. */
  readonly keyring?: string;
}

/** A registry image as the base, by digest or by a tag that the lock pins. */
export interface ImageBase {
  readonly kind: 'image';
  readonly reference: string;
}

/** What an image stands on. */
export type Base = DebianBase | ImageBase;

/** The base that mlcontainer lays itself: bookworm brings Python 3.11, trixie 3.13. */
export function debian(
  suite: DebianBase['suite'] = 'bookworm',
  options: Partial<Omit<DebianBase, 'kind' | 'suite'>> = {},
): DebianBase {
  return { kind: 'debian', suite, packages: [], ...options };
}

/** A base image from a registry: `image('registry/repo@sha256:…')`. */
export function image(reference: string): ImageBase {
  return { kind: 'image', reference };
}
