/** The CI systems that files are written for. */
export const CI_SYSTEMS = ['github', 'gitlab', 'cloud-build', 'tekton'] as const;

export type CiSystem = (typeof CI_SYSTEMS)[number];

/** What a template needs to know of the project. */
export interface CiFacts {
  /** The project below the repository, `/`-separated; `''` where it is the repository. */
  readonly folder: string;
  /** Of the repository: in a workspace it is not in the project. */
  readonly packageLock: string;
  /** `24.21.0`: the Node that runs the tool here. */
  readonly node: string;
  /** The last part of the image's name. */
  readonly image: string;
}

/** A file to write, relative to the repository. */
export interface CiFile {
  readonly path: string;
  readonly text: string;
}

/** A path of the project, relative to the repository. */
export function inProject({ folder }: CiFacts, path: string): string {
  return folder === '' ? path : `${folder}/${path}`;
}

/** The official image of Node by its full version; nothing in it but Node, npm and a Debian base is used. */
export function nodeImage({ node }: CiFacts): string {
  return `node:${node}-bookworm-slim`;
}
