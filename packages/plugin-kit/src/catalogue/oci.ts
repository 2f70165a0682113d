import { entry } from './entry.ts';

/** MLC60xx: tar archives and layers. */
const layerErrors = {
  MLC6001: entry<{ archive: string; offset: number; detail: string }>({
    title: 'Damaged tar header',
    message: (d) => `${d.archive}: no valid tar header at byte ${d.offset} (${d.detail}).`,
    why: 'A header that breaks the format means the archive is damaged, or made so that two readers see two things.',
    fix: 'Fetch the archive again. If its hash is right, report it to whoever made it.',
  }),
  MLC6002: entry<{ archive: string; offset: number; detail: string }>({
    title: 'Truncated tar archive',
    message: (d) => `${d.archive}: ends at byte ${d.offset}, too early (${d.detail}).`,
    why: 'A tar archive ends with two blocks of zeros; without them something is missing.',
    fix: 'Fetch the archive again; compare its size with the source.',
  }),
  MLC6003: entry<{ archive: string; path: string; detail: string }>({
    title: 'Unsafe path in archive',
    message: (d) => `${d.archive}: the path ${JSON.stringify(d.path)} is refused (${d.detail}).`,
    why: 'A path that is absolute, climbs with `..` or is no clean text could leave the folder it belongs to.',
    fix: 'Do not use this archive; report it to whoever made it.',
  }),
  MLC6004: entry<{ archive: string; path: string; detail: string }>({
    title: 'Unsupported tar feature',
    message: (d) => `${d.archive}: ${JSON.stringify(d.path)} uses ${d.detail}.`,
    why: 'Readers disagree about rare tar features, so they are not guessed at.',
    fix: 'Have the archive packed again in plain ustar, GNU or PAX format.',
  }),
  MLC6005: entry<{ archive: string; path: string; detail: string }>({
    title: 'Contradicting tar headers',
    message: (d) =>
      `${d.archive}: the headers of ${JSON.stringify(d.path)} contradict each other (${d.detail}).`,
    why: 'Two readers would see two different archives: entries can be smuggled past a check that way.',
    fix: 'Do not use this archive; report it to whoever made it.',
  }),
  MLC6006: entry<{ archive: string; detail: string }>({
    title: 'Archive over a limit',
    message: (d) => `${d.archive}: ${d.detail}.`,
    why: 'A small archive can be made to unfold into something that exhausts memory or disk.',
    fix: 'Check where the archive comes from.',
  }),
  MLC6007: entry<{ path: string; detail: string }>({
    title: 'Layer entry leads nowhere',
    message: (d) => `${JSON.stringify(d.path)} cannot be laid: ${d.detail}.`,
    why: 'An entry needs a folder to lie in, a hard link a file in the same image, and a whiteout a name.',
    fix: 'Check how the image was made, or use another tag of it.',
  }),
  MLC6010: entry<{ path: string }>({
    title: 'Path twice in a layer',
    message: (d) => `The layer holds ${d.path} twice.`,
    why: 'The OCI specification forbids it: podman and buildah refuse such a layer, others take the last entry.',
    fix: 'Let one of the two inputs give the file up.',
  }),
  MLC6011: entry<{ path: string; parent: string }>({
    title: 'Parent directory missing',
    message: (d) => `${d.path} stands in the layer, but not as a directory its parent ${d.parent}.`,
    why: 'Without the entry each engine invents a mode for the directory, and scanners stumble.',
    fix: 'Emit the directory before the file (withParents does it).',
  }),
  MLC6012: entry<{ path: string; link: string }>({
    title: 'Path under a merged-usr link',
    message: (d) => `${d.path} stands under /${d.link}, which is a symbolic link to usr/${d.link}.`,
    why: 'An engine would replace the link by a directory, and with it hide the C library: the image would be dead.',
    fix: (d) => `Put the file under usr/${d.link}.`,
  }),
  MLC6013: entry<{ path: string; kind: string }>({
    title: 'Special file in a layer',
    message: (d) => `${d.path} is a ${d.kind}.`,
    why: 'Layers hold files, directories and links; anything else needs rights that an unprivileged container has not.',
    fix: 'Leave it out.',
  }),
  MLC6014: entry<{ path: string; mode: string }>({
    title: 'Setuid or setgid file',
    message: (d) => `${d.path} has mode ${d.mode}.`,
    why: 'Such a file gives the rights of its owner to whoever starts it; a model server needs none.',
    fix: 'Leave the package out, or drop the bits.',
  }),
  MLC6015: entry<{ path: string }>({
    title: 'Whiteout in a layer',
    message: (d) => `${d.path} is a whiteout name.`,
    why: 'Names that start with `.wh.` delete files of the layers below; an input must not do that.',
    fix: 'Leave the file out.',
  }),
  MLC6016: entry<{ path: string; detail: string }>({
    title: 'Bad path in a layer',
    message: (d) => `The path ${JSON.stringify(d.path)} is refused (${d.detail}).`,
    why: 'Paths of a layer are relative, clean UTF-8, without `.`, `..`, empty parts and control characters.',
    fix: 'Rename the file.',
  }),
  MLC6017: entry<{ path: string; target: string }>({
    title: 'Hard link before its target',
    message: (d) =>
      `${d.path} is a hard link to ${d.target}, which is no earlier file of the same layer.`,
    why: 'An engine resolves a hard link while it unpacks; the target must be there already.',
    fix: 'Put the target into the same layer, before the link.',
  }),
  MLC6018: entry<{ path: string; parent: string }>({
    title: 'Path under a link',
    message: (d) => `${d.path} stands under ${d.parent}, which is no directory in the same layer.`,
    why: 'Writing through a link lands elsewhere, and where depends on the engine.',
    fix: 'Give the real path.',
  }),
  MLC6020: entry<{ path: string; expected: number; actual: number }>({
    title: 'File size changed',
    message: (d) => `${d.path}: ${d.expected} bytes were announced, ${d.actual} came.`,
    why: 'The size stands in the header before the bytes; a file that changes while it is packed cannot be trusted.',
    fix: 'Build again when nothing writes to the file.',
  }),
  MLC6021: entry<{ path: string; detail: string }>({
    title: 'Damaged deflate stream',
    message: (d) => `${d.path}: the compressed bytes are damaged (${d.detail}).`,
    why: 'The bytes of an archive member do not inflate to what the archive says.',
    fix: 'Fetch the archive again; if its hash is right, report it to whoever made it.',
  }),
};

/** MLC603x: the image model. */
const imageErrors = {
  MLC6030: entry<{ digest: string; first: number; second: number }>({
    title: 'Layer twice in an image',
    message: (d) => `Layers ${d.first} and ${d.second} are the same (${d.digest}).`,
    why: 'GKE image streaming is switched off for an image that holds a layer twice.',
    fix: 'Merge the two layers.',
  }),
  MLC6031: entry<{ layers: number; limit: number }>({
    title: 'Too many layers',
    message: (d) => `The image has ${d.layers} layers, the limit is ${d.limit}.`,
    why: 'Engines stop at about 127 layers, and each layer costs a request and a mount.',
    fix: 'Merge layers.',
  }),
  MLC6032: entry<{ detail: string }>({
    title: 'Image is inconsistent',
    message: (d) => `The image cannot be assembled: ${d.detail}.`,
    why: 'Manifest, configuration and index must agree with each other.',
    fix: 'Correct the specification of the image.',
  }),
};

/** MLC604x and MLC605x: layouts, archives and what the validator finds in them. */
const layoutErrors = {
  MLC6040: entry<{ path: string; detail: string }>({
    title: 'Not an OCI layout',
    message: (d) => `${d.path} is no OCI layout or archive of one (${d.detail}).`,
    why: 'A layout has the files oci-layout and index.json and the folder blobs.',
    fix: 'Give the folder or the archive that a build wrote.',
  }),
  MLC6041: entry<{ path: string }>({
    title: 'Will not replace',
    message: (d) => `${d.path} exists and is not an OCI layout.`,
    why: 'A layout is replaced as a whole; anything else there would be lost.',
    fix: 'Give another path, or remove it yourself.',
  }),
  MLC6042: entry<{ path: string; digest: string }>({
    title: 'Blob missing from the output',
    message: (d) => `${d.path}: the blob ${d.digest} is referred to, but not given.`,
    why: 'An image without one of its blobs cannot be pulled or loaded.',
    fix: 'This is a defect of the builder; please report it.',
  }),
  MLC6043: entry<{ path: string; detail: string }>({
    title: 'Blob changed',
    message: (d) => `${d.path}: a blob is not what its descriptor says (${d.detail}).`,
    why: 'Its digest and size were fixed before; something wrote to it since.',
    fix: 'Build again; if it stays, check the disk.',
  }),
  MLC6050: entry<{ digest: string; detail: string }>({
    title: 'Blob missing',
    message: (d) => `The blob ${d.digest} (${d.detail}) is not in the layout.`,
    why: 'An image without one of its blobs cannot be pulled or loaded.',
    fix: 'Build or copy the image again.',
    exit: 3,
  }),
  MLC6051: entry<{ digest: string; actual: string }>({
    title: 'Blob with a wrong digest',
    message: (d) => `The blob ${d.digest} hashes to ${d.actual}.`,
    why: 'Its bytes were changed or damaged; engines refuse it.',
    fix: 'Build or copy the image again.',
    exit: 3,
  }),
  MLC6052: entry<{ digest: string; expected: number; actual: number }>({
    title: 'Blob with a wrong size',
    message: (d) =>
      `The blob ${d.digest} has ${d.actual} bytes, its descriptor says ${d.expected}.`,
    why: 'Engines refuse a blob whose size differs from its descriptor.',
    fix: 'Build or copy the image again.',
    exit: 3,
  }),
  MLC6053: entry<{ digest: string; expected: string; actual: string }>({
    title: 'Layer with a wrong diffID',
    message: (d) =>
      `The layer ${d.digest} unpacks to ${d.actual}, the configuration says ${d.expected}.`,
    why: 'The configuration names each layer by the hash of its uncompressed tar; engines check it while they unpack.',
    fix: 'Build the image again.',
    exit: 3,
  }),
  MLC6054: entry<{ digest: string; detail: string }>({
    title: 'Configuration and manifest disagree',
    message: (d) => `The image ${d.digest}: ${d.detail}.`,
    why: 'The configuration has one diffID for each layer, and one history item that is not empty.',
    fix: 'Build the image again.',
    exit: 3,
  }),
  MLC6055: entry<{ digest: string; mediaType: string; detail: string }>({
    title: 'Wrong media type',
    message: (d) => `The blob ${d.digest} is called ${d.mediaType} (${d.detail}).`,
    why: 'Readers choose by media type how to read a blob.',
    fix: 'Build the image again.',
    exit: 3,
  }),
  MLC6056: entry<{ path: string }>({
    title: 'Blob that nothing refers to',
    message: (d) => `${d.path} is referred to by nothing.`,
    why: 'It costs room and is not part of any image here.',
    fix: 'Build the image again, or remove the file.',
    exit: 3,
  }),
  MLC6057: entry<{ digest: string; detail: string }>({
    title: 'Blob that cannot be read',
    message: (d) => `The blob ${d.digest} cannot be read: ${d.detail}.`,
    why: 'It is not in the format that its media type says.',
    fix: 'Build or copy the image again.',
    exit: 3,
  }),
};

/** MLC6xxx. */
export const ociErrors = { ...layerErrors, ...imageErrors, ...layoutErrors };
