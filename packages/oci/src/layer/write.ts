import { mlcError } from '@mlcontainer/plugin-kit';
import type { Digest } from '../descriptor.ts';
import type { Content, DeflatedContent, Entry } from '../entry.ts';
import { paddingOf } from '../tar/format.ts';
import { contentSize, TAR_END, tarHeader } from '../tar/write.ts';
import { inflateContent } from './inflate.ts';
import { createLayerLint, type LintOptions } from './lint.ts';
import { gzipMembersSink, gzipSingleSink, isSpliced } from './sink-gzip.ts';
import { plainSink, zstdSink } from './sink-plain.ts';
import {
  createCount,
  createKnownTally,
  createTally,
  type LayerSink,
  type SinkParts,
  type Tally,
  type WriteChunk,
} from './sink.ts';

/** How a layer is compressed; see writeLayer. */
export type LayerCompression = 'gzip-members' | 'gzip' | 'zstd' | 'none';

/** How a layer is written. */
export interface WriteLayerOptions extends LintOptions {
  readonly compression: LayerCompression;
  readonly signal: AbortSignal;
  /**
   * The diffID of a layer that was made of the same entries before, and whose digest the caller compares with this
   * one's: equal digests are equal bytes. Nothing is then inflated or hashed for the diffID, so that damage in a content
   * which is carried over shows in the digest alone. Where the digests differ, this diffID is not the layer's.
   */
  readonly knownDiffId?: Digest | undefined;
}

/** What was written. */
export interface WrittenLayer {
  readonly mediaType: string;
  /** Of the bytes written. */
  readonly digest: Digest;
  /** Bytes written. */
  readonly size: number;
  /** Of the uncompressed tar (image-spec config.md, "Layer DiffID"). */
  readonly diffId: Digest;
  readonly uncompressedSize: number;
  readonly entries: number;
}

const SINKS: Readonly<Record<LayerCompression, (parts: SinkParts) => LayerSink>> = {
  'gzip-members': gzipMembersSink,
  gzip: gzipSingleSink,
  zstd: zstdSink,
  none: plainSink,
};
const PADDING = new Uint8Array(512);

/**
 * Writes a layer (image-spec layer.md): tar headers of one dialect, contents streamed, every entry linted first.
 * The bytes depend on the entries and the compression alone, not on chunks, threads, machine or Node version
 * (zstd excepted, which follows the Node release).
 *
 * - `gzip-members`: contents that are deflated already are carried over as gzip members of their own.
 * - `gzip`: one member, for readers that know only that; everything is deflated anew.
 * - `zstd`: one frame. - `none`: plain tar, hashed once.
 *
 * `write` gets chunks of at most a few MiB that it may keep; a promise that it returns is waited for.
 * Throws MLC6010 to MLC6018 (lints), MLC6020 (a size that changed), MLC6021 (a damaged deflate stream); what was
 * written until then is to be thrown away.
 */
export async function writeLayer(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  write: WriteChunk,
  options: WriteLayerOptions,
): Promise<WrittenLayer> {
  const isPlain = options.compression === 'none';
  const raw = isPlain ? createTally() : rawTally(options);
  const written = isPlain ? raw : createTally();
  const facts = await writeEntries(entries, { raw, written, write }, options);
  return { ...facts, digest: written === raw ? facts.diffId : written.digest() };
}

/** The same for a `write` that hashes what it gets, as a content-addressed store does: nothing is hashed twice. */
export function writeLayerUnhashed(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  write: WriteChunk,
  options: WriteLayerOptions,
): Promise<Omit<WrittenLayer, 'digest'>> {
  const raw = rawTally(options);
  const written = options.compression === 'none' ? raw : createCount();
  return writeEntries(entries, { raw, written, write }, options);
}

function rawTally({ knownDiffId }: WriteLayerOptions): Tally {
  return knownDiffId === undefined ? createTally() : createKnownTally(knownDiffId);
}

async function writeEntries(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  parts: SinkParts,
  options: WriteLayerOptions,
): Promise<Omit<WrittenLayer, 'digest'>> {
  const { raw, written } = parts;
  const sink = SINKS[options.compression](parts);
  const lint = createLayerLint(options);
  let count = 0;
  for await (const entry of entries) {
    options.signal.throwIfAborted();
    lint(entry);
    await addEntry(sink, entry, options.signal);
    count += 1;
  }
  await sink.add(TAR_END);
  await sink.end();
  const sizes = { size: written.size, uncompressedSize: raw.size };
  return { mediaType: sink.mediaType, diffId: raw.digest(), ...sizes, entries: count };
}

async function addEntry(sink: LayerSink, entry: Entry, signal: AbortSignal): Promise<void> {
  await sink.add(tarHeader(entry));
  if (entry.type !== 'file') return;
  await addContent(sink, entry.content, entry.path, signal);
  await sink.add(PADDING.subarray(0, paddingOf(contentSize(entry))));
}

function addContent(
  sink: LayerSink,
  content: Content,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  if (content.kind === 'bytes') return sink.add(content.bytes);
  const stream = { ...content, open: () => abortable(content.open(), signal) };
  if (stream.kind === 'stream') return addStream(sink, stream, path);
  return addDeflated(sink, stream, path);
}

async function addDeflated(sink: LayerSink, content: DeflatedContent, path: string): Promise<void> {
  if (sink.splice !== undefined && isSpliced(content)) return sink.splice(content, path);
  await inflateContent(content, path, { inflated: (chunk) => sink.add(chunk) });
}

async function addStream(
  sink: LayerSink,
  content: { size: number; open(): AsyncIterable<Uint8Array> },
  path: string,
) {
  let actual = 0;
  for await (const chunk of content.open()) {
    actual += chunk.length;
    if (actual > content.size) break;
    await sink.add(chunk);
  }
  if (actual !== content.size) throw mlcError('MLC6020', { path, expected: content.size, actual });
}

async function* abortable(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    signal.throwIfAborted();
    yield chunk;
  }
}
