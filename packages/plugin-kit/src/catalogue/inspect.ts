import { entry } from './entry.ts';

/** Where a fault stands: the file and the byte in it, counted after decompressing where the file is compressed. */
export interface At {
  readonly file: string;
  readonly offset: number;
}

const at = (d: At) => `${d.file}, byte ${d.offset}`;
const resave =
  'Export the model again with a supported joblib or pickle, and compare its sha256 with the one at the source.';
const distrust = 'Do not load this file anywhere before you know who made it.';

/** MLC3xxx: what inspection of a model file can end in; MLC31xx: what a framework concludes from the facts. */
export const inspectErrors = {
  MLC3001: entry<{ path: string }>({
    title: 'No model file',
    message: (d) => `There is no file at ${d.path}.`,
    why: 'The model of the config must exist before anything can be planned.',
    fix: 'Check `model` in the config; the path is relative to the config file.',
    exit: 2,
  }),
  MLC3002: entry<{ path: string; detail: string }>({
    title: 'Model file cannot be read',
    message: (d) => `${d.path} cannot be read: ${d.detail}.`,
    why: 'Inspection reads every byte of the model, and the path is not a readable file.',
    fix: 'Give the path of one file that this user may read.',
    exit: 2,
  }),
  MLC3003: entry<{ file: string }>({
    title: 'Empty model file',
    message: (d) => `${d.file} is empty.`,
    why: 'An export that was interrupted leaves an empty file behind.',
    fix: 'Export the model again.',
  }),
  MLC3004: entry<{ file: string; head: string }>({
    title: 'Unknown model format',
    message: (d) =>
      `The first bytes of ${d.file} (${d.head}) belong to no model format known here.`,
    why: 'The format is decided from the bytes, never from the file name; an unknown format is never served.',
    fix: 'Export the model in a format that `mlcontainer inspect --help` lists.',
  }),
  MLC3005: entry<{ file: string; format: string }>({
    title: 'No reader for this format yet',
    message: (d) =>
      `${d.file} is recognised as ${d.format}, but no reader for that format exists yet.`,
    why: 'Only formats that inspection reads to the last byte are served.',
    fix: 'Export the model with joblib or pickle, or watch the release notes for this format.',
  }),
  MLC3010: entry<At>({
    title: 'Model file cut short',
    message: (d) => `${at(d)}: the file ends in the middle of the model.`,
    why: 'The upload, copy or export was interrupted.',
    fix: resave,
  }),
  MLC3011: entry<At>({
    title: 'Bytes after the model',
    message: (d) => `${at(d)}: the model ends here, but the file goes on.`,
    why: 'A loader ignores what follows the model, so something can hide there; every byte must be accounted for.',
    fix: resave,
  }),
  MLC3012: entry<At & { opcode: string }>({
    title: 'Unknown pickle opcode',
    message: (d) => `${at(d)}: ${d.opcode} is no opcode of pickle protocols 0 to 5.`,
    why: 'What follows an unknown opcode cannot be known without running it.',
    fix: resave,
  }),
  MLC3013: entry<At & { detail: string }>({
    title: 'Malformed pickle',
    message: (d) => `${at(d)}: ${d.detail}.`,
    why: 'No pickler writes this; the file is damaged or was made to mislead.',
    fix: resave,
  }),
  MLC3014: entry<At & { detail: string }>({
    title: 'Pickle frame violated',
    message: (d) => `${at(d)}: ${d.detail}.`,
    why: 'Two loaders would read different opcodes from this file (PEP 3154, framing).',
    fix: resave,
  }),
  MLC3015: entry<At & { limit: string; value: number }>({
    title: 'Inspection limit reached',
    message: (d) => `${at(d)}: more than ${d.value} ${d.limit}.`,
    why: 'Inspection bounds memory and time, so that a small file cannot exhaust the machine.',
    fix: 'If the model really is that large, raise the limit; otherwise treat the file as hostile.',
  }),
  MLC3016: entry<At>({
    title: 'Persistent id in the pickle',
    message: (d) => `${at(d)}: the pickle refers to an object outside the file.`,
    why: 'A persistent id means what its loader makes of it; pickle.load and joblib.load have no meaning for it.',
    fix: 'Export the model with joblib.dump or pickle.dump.',
  }),
  MLC3017: entry<At>({
    title: 'Extension code in the pickle',
    message: (d) =>
      `${at(d)}: the pickle names a class by a number of the copyreg extension registry.`,
    why: 'What the number stands for is decided by the process that loads it, so it cannot be checked here.',
    fix: 'Export the model without copyreg.add_extension.',
  }),
  MLC3018: entry<At>({
    title: 'Out-of-band buffer in the pickle',
    message: (d) => `${at(d)}: the pickle wants a buffer that is not in the file.`,
    why: 'Protocol 5 buffers travel beside the pickle (PEP 574); one file cannot hold them.',
    fix: 'Export with pickle.dump without `buffer_callback`, or with joblib.dump.',
  }),
  MLC3020: entry<At & { global: string }>({
    title: 'Unknown pickle global',
    message: (d) =>
      `${at(d)}: the model names ${d.global}, which no plugin of this config vouches for.`,
    why: 'Loading a pickle calls what it names; only names that the framework is known to write are let in.',
    fix: (d) =>
      `If you wrote or trust ${d.global}, add { global: '${d.global}', reason: '…' } to model.allow, and make sure that the image has the module.`,
  }),
  MLC3021: entry<At & { global: string; danger: string }>({
    title: 'Dangerous pickle global',
    message: (d) => `${at(d)}: the model names ${d.global}, which ${d.danger}.`,
    why: 'No export of a model needs it; it is how a pickle takes over the process that loads it.',
    fix: distrust,
  }),
  MLC3022: entry<At & { global: string }>({
    title: 'Class of the training script',
    message: (d) =>
      `${at(d)}: the model names ${d.global}, which lived in the script or notebook that trained it.`,
    why: 'The server has another __main__, so loading fails there even if the code is harmless.',
    fix: 'Move the class or function into a module, import it from there, train and export again; then allow it by name and include the module.',
  }),
  MLC3023: entry<At & { global: string }>({
    title: 'Attribute path as a pickle global',
    message: (d) => `${at(d)}: the model reaches through attributes: ${d.global}.`,
    why: 'A dotted name walks from an allowed module to anything that it imported.',
    fix: (d) =>
      `${distrust} A nested class of your own is let in by its exact name: '${d.global}'.`,
  }),
  MLC3024: entry<At & { callee: string; detail: string }>({
    title: 'Call refused',
    message: (d) => `${at(d)}: the pickle calls ${d.callee}: ${d.detail}.`,
    why: 'Reconstruction functions are let in with the arguments that picklers write, and results of calls are never called.',
    fix: distrust,
  }),
  MLC3025: entry<At & { target: string; detail: string }>({
    title: 'State refused',
    message: (d) => `${at(d)}: the pickle sets the state of ${d.target}: ${d.detail}.`,
    why: 'State belongs to the objects that the pickle made, never to classes, functions or special attributes.',
    fix: distrust,
  }),
  MLC3026: entry<{ file: string; global: string; danger: string }>({
    title: 'Dangerous global let in',
    message: (d) => `${d.file} names ${d.global}, which ${d.danger}; the config lets it in.`,
    why: 'The name is allowed by exact name, so the build goes on.',
    fix: 'Keep the reason in model.allow true, or export the model without it.',
  }),
  MLC3030: entry<{ file: string; compression: string; detail: string }>({
    title: 'Unsupported compression',
    message: (d) => `${d.file} is compressed with ${d.compression}: ${d.detail}.`,
    why: 'Only what joblib itself writes is read: zlib, gzip, bz2, lzma, xz and lz4 frames.',
    fix: 'Export again with joblib.dump and one of its own compressors.',
  }),
  MLC3031: entry<At & { compression: string; detail: string }>({
    title: 'Compressed model damaged',
    message: (d) =>
      `${d.file}, compressed byte ${d.offset}: the ${d.compression} stream is damaged (${d.detail}).`,
    why: 'The bytes were changed or cut after the export.',
    fix: resave,
  }),
  MLC3032: entry<At & { compression: string }>({
    title: 'Bytes after the compressed model',
    message: (d) =>
      `${d.file}, compressed byte ${d.offset}: the ${d.compression} stream ends here, but the file goes on.`,
    why: 'joblib writes one stream; what follows it would be read by some loaders and not by others.',
    fix: resave,
  }),
  MLC3040: entry<{ file: string; detail: string }>({
    title: 'Old joblib format',
    message: (d) => `${d.file} was written by joblib before 0.10: ${d.detail}.`,
    why: 'That format spreads a model over several files and loads each with arbitrary pickles inside.',
    fix: 'Load it once with the Python that made it and export it again with a current joblib.',
  }),
  MLC3041: entry<At & { detail: string }>({
    title: 'Array refused',
    message: (d) => `${at(d)}: ${d.detail}.`,
    why: 'Array bytes are skipped by data type and shape; where these are not as numpy writes them, code could hide in the data.',
    fix: resave,
  }),
  MLC3050: entry<{ file: string; name: string; versions: readonly string[]; taken: string }>({
    title: 'Parts of several versions',
    message: (d) =>
      `Parts of ${d.file} are stamped with several ${d.name} versions: ${d.versions.join(', ')}; ${d.taken} is taken.`,
    why: 'One export stamps every part with one version.',
    fix: 'Train and export all parts with one version.',
  }),
  MLC3100: entry<{ package: string; found: string; wanted: string }>({
    title: 'Version conflict with the model',
    message: (d) =>
      `The model was written by ${d.package} ${d.found}, but the config asks for ${d.wanted}.`,
    why: (d) =>
      `Pickles of ${d.package} are only sure to load in the version that wrote them; others fail or predict differently.`,
    fix: (d) =>
      `Choose: remove ${d.wanted} from the requirements and serve with ${d.found}; or export the model again with the wanted version; or set the plugin's option version with versionReason to overrule.`,
    exit: 2,
  }),
  MLC3101: entry<{ file: string; package: string }>({
    title: 'No version in the model',
    message: (d) => `${d.file} does not say which ${d.package} wrote it.`,
    why: 'A model is served with the version that wrote it, so the version must be known.',
    fix: (d) =>
      `Name the ${d.package} version of the training in the plugin's option version, with versionReason.`,
    exit: 2,
  }),
  MLC3102: entry<{
    package: string;
    version: string;
    python: string;
    supported: readonly string[];
    remedy: string;
  }>({
    title: 'No wheels for this Python',
    message: (d) =>
      `${d.package} ${d.version} has wheels for Python ${d.supported.join(', ')}, but the base brings Python ${d.python}.`,
    why: 'Images are made of wheels only; nothing is compiled.',
    fix: (d) => d.remedy,
    exit: 2,
  }),
  MLC3103: entry<{ file: string; package: string; detail: string }>({
    title: 'Model not for this framework',
    message: (d) => `${d.file} is not a ${d.package} model: ${d.detail}.`,
    why: 'The plugin builds the server around the class at the root of the file.',
    fix: 'Export the fitted estimator or pipeline itself, or use the plugin of the framework that wrote it.',
    exit: 2,
  }),
  MLC3104: entry<{ file: string; package: string; stamp: string }>({
    title: 'Version stamp that is none',
    message: (d) =>
      `${d.file} says that ${d.package} ${JSON.stringify(d.stamp)} wrote it, which is no version.`,
    why: 'The stamp becomes a requirement, and only a version of PEP 440 can be one.',
    fix: (d) =>
      `Name the ${d.package} version of the training in the plugin's option version, with versionReason; and ask where the file comes from.`,
    exit: 2,
  }),
};
