import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import { byteReader, type ByteReader } from './byte-reader.ts';
import { BLOCK, paddingOf } from './format.ts';
import { HeaderFault, isZeroBlock, parseHeader, type RawHeader } from './header.ts';
import { addMeta, isPending, META_FLAGS, type Meta } from './meta.ts';
import { resolveEntry, type TarEntryFacts } from './resolve.ts';

/** One entry of a foreign tar. */
export interface TarEntry extends TarEntryFacts {
  /** Where the content begins in the archive, in bytes. */
  readonly offset: number;
  /** The file's bytes: to be read once, before the next entry is asked for; what is left unread is skipped. */
  readonly content: ByteStream;
}

/** Limits on a foreign tar archive. */
export interface ReadTarOptions {
  /** What messages call the archive. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** Entries at most; 1,000,000 when left out. */
  readonly maxEntries?: number;
  /** Bytes of content at most, all files together; unlimited when left out. */
  readonly maxBytes?: number;
  /** Bytes of one PAX header at most; 1 MiB when left out. */
  readonly maxPaxBytes?: number;
  /** Bytes of one GNU long name at most; 64 KiB when left out. */
  readonly maxNameBytes?: number;
}

interface Run {
  readonly reader: ByteReader;
  readonly archive: string;
  readonly options: ReadTarOptions;
}

/**
 * Reads a foreign tar archive, uncompressed, as a stream: ustar, GNU (long names, binary numbers), PAX, v7.
 *
 * Strict where readers disagree, because there entries are smuggled past checks: a PAX size that contradicts the
 * header's, bytes after a NUL, meta entries about meta entries, PAX keys twice, sparse and multi-volume files,
 * content behind the end marker, a missing end marker. Paths come out relative; absolute ones and `..` are refused.
 * Devices and fifos are reported, not refused; writeLayer refuses them.
 *
 * Sources: POSIX.1-2017 pax ("pax Interchange Format"); GNU tar manual ("Basic Tar Format").
 * Throws MLC6001 to MLC6006.
 */
export async function* readTar(
  stream: ByteStream,
  options: ReadTarOptions = {},
): AsyncGenerator<TarEntry, void> {
  const run: Run = { reader: byteReader(stream), archive: options.name ?? 'tar archive', options };
  const budget = { entries: options.maxEntries ?? 1_000_000, bytes: options.maxBytes ?? Infinity };
  try {
    for (;;) {
      const facts = await nextEntry(run);
      if (facts === undefined) return;
      budget.entries -= 1;
      budget.bytes -= facts.size;
      checkBudget(run, budget);
      const content = contentOf(run, facts);
      yield { ...facts, offset: run.reader.offset, content: content.stream };
      await content.finish();
    }
  } finally {
    await run.reader.close();
  }
}

function checkBudget(run: Run, budget: { entries: number; bytes: number }): void {
  if (budget.entries < 0) throw overLimit(run, 'more entries than allowed');
  if (budget.bytes < 0) throw overLimit(run, `more than ${run.options.maxBytes} bytes of content`);
}

function overLimit(run: Run, detail: string): Error {
  return mlcError('MLC6006', { archive: run.archive, detail });
}

/** Reads meta entries up to the entry that they describe; undefined at the end of the archive. */
async function nextEntry(run: Run): Promise<TarEntryFacts | undefined> {
  let meta: Meta = {};
  for (;;) {
    run.options.signal?.throwIfAborted();
    const header = await nextHeader(run, meta);
    if (header === undefined) return undefined;
    if (!META_FLAGS.includes(header.flag)) return resolveEntry(header, meta, run.archive);
    meta = await readMeta(run, header, meta);
  }
}

async function nextHeader(run: Run, meta: Meta): Promise<RawHeader | undefined> {
  const at = run.reader.offset;
  const block = await run.reader.read(BLOCK);
  if (block.length < BLOCK) throw truncated(run, 'no end marker');
  if (!isZeroBlock(block)) return guarded(run, at, () => parseHeader(block));
  if (isPending(meta)) throw damaged(run, at, 'a meta entry without the entry it describes');
  await checkEnd(run, at);
  return undefined;
}

/** The end marker is two zero blocks; behind it only zeros may stand. */
async function checkEnd(run: Run, at: number): Promise<void> {
  const second = await run.reader.read(BLOCK);
  if (second.length < BLOCK) throw truncated(run, 'half an end marker');
  if (!isZeroBlock(second)) throw damaged(run, at, 'a lone zero block');
  for (;;) {
    const rest = await run.reader.readSome(BLOCK * 128);
    if (rest === undefined) return;
    if (!isZeroBlock(rest)) throw damaged(run, at, 'content behind the end marker');
  }
}

async function readMeta(run: Run, header: RawHeader, meta: Meta): Promise<Meta> {
  const { maxPaxBytes = 1 << 20, maxNameBytes = 1 << 16 } = run.options;
  const pax = header.flag === 'x' || header.flag === 'g';
  if (header.size > (pax ? maxPaxBytes : maxNameBytes)) {
    throw overLimit(run, `a ${pax ? 'PAX header' : 'GNU long name'} of ${header.size} bytes`);
  }
  const at = run.reader.offset;
  const body = await run.reader.read(header.size);
  if (body.length < header.size) throw truncated(run, 'inside a meta entry');
  const next = guarded(run, at, () => addMeta(meta, header, body));
  await skipPadding(run, header.size);
  return next;
}

async function skipPadding(run: Run, size: number): Promise<void> {
  const padding = paddingOf(size);
  if ((await run.reader.skip(padding)) < padding) throw truncated(run, 'inside padding');
}

/** The content of one entry, and what drops the rest of it before the next header. */
function contentOf(
  run: Run,
  facts: TarEntryFacts,
): { stream: ByteStream; finish: () => Promise<void> } {
  let left = facts.size;
  let passed = false;
  async function* pieces(): AsyncGenerator<Uint8Array, void> {
    while (left > 0) {
      if (passed)
        throw new TypeError(`the content of ${facts.path} must be read before the next entry`);
      run.options.signal?.throwIfAborted();
      const piece = await run.reader.readSome(left);
      if (piece === undefined) throw truncated(run, `inside ${facts.path}`);
      left -= piece.length;
      yield piece;
    }
  }
  const finish = async (): Promise<void> => {
    passed = true;
    const rest = left;
    if ((await run.reader.skip(rest)) < rest) throw truncated(run, `inside ${facts.path}`);
    await skipPadding(run, facts.size);
  };
  return { stream: { [Symbol.asyncIterator]: pieces }, finish };
}

function guarded<T>(run: Run, offset: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof HeaderFault) throw damaged(run, offset, error.message, error);
    throw error;
  }
}

function damaged(run: Run, offset: number, detail: string, cause?: unknown): Error {
  return mlcError(
    'MLC6001',
    { archive: run.archive, offset, detail },
    cause === undefined ? {} : { cause },
  );
}

function truncated(run: Run, detail: string): Error {
  return mlcError('MLC6002', { archive: run.archive, offset: run.reader.offset, detail });
}
