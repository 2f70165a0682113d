import { entry } from './entry.ts';

/** MLC650x: references and what a registry answers. MLC651x: content. MLC652x: uploads. MLC653x: artifacts. */
export const registryErrors = {
  MLC6501: entry<{ reference: string; detail: string }>({
    title: 'Bad image reference',
    message: (d) => `${JSON.stringify(d.reference)} is no image reference: ${d.detail}.`,
    why: 'A reference is `registry/repository`, with `:tag` or `@sha256:…` behind it; repositories are lower case.',
    fix: 'Correct it where it stands: in the config, or on the command line.',
    exit: 2,
  }),
  MLC6502: entry<{ registry: string; what: string; status: number; detail: string }>({
    title: 'Refused by the registry',
    message: (d) =>
      `${d.registry} answered ${d.status} to ${d.what}${d.detail ? `: ${d.detail}` : ''}.`,
    why: 'The registry understood the request and said no.',
    fix: 'Read its own words above; its documentation names the cause.',
  }),
  MLC6503: entry<{ registry: string; repository: string; source: string; detail: string }>({
    title: 'Not authenticated',
    message: (d) =>
      `${d.registry} wants credentials for ${d.repository}; ${d.source === 'none' ? 'none were found' : `those of ${d.source} were not accepted`}${d.detail ? ` (${d.detail})` : ''}.`,
    why: 'The registry answered 401, also to the credentials that were found.',
    fix: 'Log in (docker login, podman login, gcloud auth), or see `mlcontainer doctor`: it says which source was asked and why the others gave nothing.',
  }),
  MLC6504: entry<{ registry: string; repository: string; action: string; detail: string }>({
    title: 'Not allowed',
    message: (d) =>
      `${d.registry} does not allow to ${d.action} ${d.repository}${d.detail ? ` (${d.detail})` : ''}.`,
    why: 'The credentials are known, but their rights do not reach that far.',
    fix: 'Have the account given the right for this repository, or name another repository.',
  }),
  MLC6505: entry<{ registry: string; what: string; status: number; detail?: string }>({
    title: 'Registry unavailable',
    message: (d) =>
      `${d.registry} answered ${d.status} to ${d.what}, also after several attempts${d.detail ? `: ${d.detail}` : ''}.`,
    why: 'The registry is overloaded, or something before it is broken.',
    fix: 'Try again later; what was sent already is not sent again.',
    exit: 75,
  }),
  MLC6506: entry<{ registry: string; what: string; detail: string }>({
    title: 'Registry breaks the protocol',
    message: (d) => `${d.registry}: ${d.what}: ${d.detail}.`,
    why: 'The answer does not follow the OCI distribution specification, and is not guessed at.',
    fix: 'Check that the address is a registry, and that no proxy changes its answers.',
  }),
  MLC6507: entry<{ registry: string; source: string }>({
    title: 'Registry blocked',
    message: (d) => `${d.registry} is blocked by ${d.source}.`,
    why: 'The settings of this machine forbid to ask this registry.',
    fix: 'Use the registry that your company provides, or have the entry removed.',
  }),
  MLC6540: entry<{ name: string }>({
    title: 'No repository named',
    message: (d) => `There is no repository to push ${d.name} to.`,
    why: 'The config names none in `image`, and neither does the command line.',
    fix: "Set `image: 'registry/repository'` in the config, or run `mlcontainer push registry/repository`.",
    exit: 2,
  }),
  MLC6508: entry<{ registry: string; realm: string; detail: string }>({
    title: 'Token server not trusted',
    message: (d) => `${d.registry} names the token server ${d.realm}: ${d.detail}.`,
    why: 'The registry says where credentials are exchanged for a token; they are sent by https alone, or to a registry that was itself named as plain http.',
    fix: 'Have the registry name its token server by https (realm of WWW-Authenticate).',
  }),
  MLC6510: entry<{ name: string; reference: string }>({
    title: 'Not in the repository',
    message: (d) => `${d.name} holds no ${d.reference}.`,
    why: 'Neither a tag nor a digest of this name is there, or the account may not see it.',
    fix: 'Check name and tag.',
  }),
  MLC6511: entry<{ name: string; digest: string }>({
    title: 'Blob missing',
    message: (d) => `${d.name} does not hold the blob ${d.digest}.`,
    why: 'A manifest names it, but it was removed or never came.',
    fix: 'Push the image again from where it is whole.',
  }),
  MLC6512: entry<{ name: string; digest: string; detail: string }>({
    title: 'Not a usable manifest',
    message: (d) => `${d.name}: ${d.digest}: ${d.detail}.`,
    why: 'A manifest must be the JSON that its media type says, within 4 MiB.',
    fix: 'Check what the reference points to.',
  }),
  MLC6513: entry<{ name: string; expected: string; actual: string }>({
    title: 'Content does not match its digest',
    message: (d) => `${d.name}: expected ${d.expected}, got ${d.actual}.`,
    why: 'The bytes are not those that the manifest or the lock names: the registry, a mirror or a proxy changed them.',
    fix: 'Do not use this source before you know why.',
  }),
  MLC6514: entry<{ name: string; digest: string }>({
    title: 'Unsupported digest',
    message: (d) => `${d.name}: ${JSON.stringify(d.digest)} is not used; only sha256 digests are.`,
    why: 'Other algorithms are weak, or not read by the engines.',
    fix: 'Have the image pushed again with sha256 digests.',
  }),
  MLC6515: entry<{ name: string; platform: string; found: readonly string[] }>({
    title: 'Platform missing',
    message: (d) => `${d.name} holds no image for ${d.platform}.`,
    why: (d) => `There are images for ${d.found.join(', ')}.`,
    fix: 'Name one of these platforms, or have the image built for the other.',
  }),
  MLC6520: entry<{ name: string; digest: string; detail: string }>({
    title: 'Upload failed',
    message: (d) => `${d.name}: the upload of ${d.digest} failed: ${d.detail}.`,
    why: 'The registry ended or lost the upload every time it was tried.',
    fix: 'Run the push again: what was finished is not sent again.',
    exit: 75,
  }),
  MLC6521: entry<{ name: string; digest: string }>({
    title: 'Upload came out changed',
    message: (d) => `${d.name}: the registry received other bytes than ${d.digest}.`,
    why: 'The file changed while it was sent, or a proxy changed it on the way.',
    fix: 'Run the push again; if it stays, see what stands between here and the registry.',
  }),
  MLC6522: entry<{ name: string; missing: readonly string[] }>({
    title: 'Manifest refused: parts missing',
    message: (d) => `${d.name}: the registry misses ${d.missing.join(', ')}.`,
    why: 'A registry takes a manifest only when all that it names is there.',
    fix: 'Run the push again; the registry may have removed blobs in the meantime.',
    exit: 75,
  }),
  MLC6523: entry<{ name: string; tag: string }>({
    title: 'List of referrers not written',
    message: (d) => `${d.name}: others kept overwriting the list ${d.tag}.`,
    why: 'This registry lists no referrers itself, so clients keep the list under a tag, and several wrote it at once.',
    fix: 'Attach again; what was pushed is there already.',
    exit: 75,
  }),
  MLC6530: entry<{ path: string; detail: string }>({
    title: 'Not usable as an artifact',
    message: (d) => `${d.path}: ${d.detail}.`,
    why: 'The files of an artifact lie inside its folder and have titles that stay inside one.',
    fix: 'Name a file or folder that is there.',
  }),
  MLC6531: entry<{ title: string; detail: string }>({
    title: 'Unsafe artifact',
    message: (d) => `The part ${JSON.stringify(d.title)} of the artifact is refused: ${d.detail}.`,
    why: 'Titles and folders of an artifact are foreign input: they could name files outside the folder that they are unpacked to, or each other.',
    fix: 'Do not use this artifact; report it to whoever made it.',
  }),
  MLC6532: entry<{ path: string }>({
    title: 'In the way of an artifact',
    message: (d) => `${d.path} is there already, with other content.`,
    why: 'A pull replaces nothing that it did not write.',
    fix: 'Choose another folder, move it away, or ask for it to be replaced (--force).',
  }),
};
