/** CPU architectures that images are built for, by their OCI (Go) names. */
export type Architecture = 'amd64' | 'arm64';

/** A platform as the OCI image index names it. */
export interface Platform {
  readonly os: 'linux';
  readonly architecture: Architecture;
}

/** `linux/amd64` */
export type PlatformName = `linux/${Architecture}`;

/** The name of a platform, as on a command line. */
export function platformName(platform: Platform): PlatformName {
  return `${platform.os}/${platform.architecture}`;
}
