import { mlcError, type ByteStream } from '@mlcontainer/plugin-kit';
import type { Descriptor } from '../descriptor.ts';
import { compressionOf, decompress, type StoredCompression } from '../image/decompress.ts';
import { createLayerFaults } from '../layer/lint.ts';
import { createTally, type Tally } from '../layer/sink.ts';
import type { LayoutFile } from '../read/files.ts';
import { readTar } from '../tar/read.ts';
import { readingFault, type FindingList, type LayerFacts } from './report.ts';

/**
 * Reads a layer once: digest and size of what is stored, diffID of the tar, lints of its entries. What is wrong
 * goes to the findings; undefined when the tar could not be read to its end.
 */
export async function checkLayer(
  descriptor: Descriptor,
  file: LayoutFile,
  findings: FindingList,
  signal: AbortSignal,
): Promise<LayerFacts | undefined> {
  const { digest, mediaType } = descriptor;
  if (!(await checkMediaType(descriptor, file, findings))) {
    await checkStored(descriptor, file, findings, signal);
    return undefined;
  }
  const stored = createTally();
  const raw = createTally();
  let entries: number;
  try {
    entries = await lintTar(
      tapped(decompress(tapped(file.open(), stored), mediaType), raw),
      digest,
      findings,
      signal,
    );
  } catch (error) {
    findings.add(readingFault(error, digest), digest);
    await checkStored(descriptor, file, findings, signal);
    return undefined;
  }
  compare(descriptor, stored, findings);
  const facts = { digest, mediaType, size: stored.size, diffId: raw.digest() };
  return { ...facts, uncompressedSize: raw.size, entries };
}

/** Digest and size of a blob. */
export async function checkStored(
  descriptor: Descriptor,
  file: LayoutFile,
  findings: FindingList,
  signal: AbortSignal,
): Promise<void> {
  const stored = createTally();
  for await (const chunk of file.open()) {
    signal.throwIfAborted();
    stored.update(chunk);
  }
  compare(descriptor, stored, findings);
}

function compare(descriptor: Descriptor, stored: Tally, findings: FindingList): void {
  const { digest, size } = descriptor;
  const actual = stored.digest();
  if (stored.size !== size)
    findings.add(mlcError('MLC6052', { digest, expected: size, actual: stored.size }), digest);
  if (actual !== digest) findings.add(mlcError('MLC6051', { digest, actual }), digest);
}

async function lintTar(
  tar: ByteStream,
  digest: string,
  findings: FindingList,
  signal: AbortSignal,
): Promise<number> {
  const faults = createLayerFaults();
  let entries = 0;
  for await (const entry of readTar(tar, { name: digest, signal })) {
    entries += 1;
    if (entry.path === '') continue;
    for (const fault of faults(entry)) findings.add(fault, digest);
  }
  return entries;
}

/** Readers of today look at the first bytes, those of tomorrow at the media type: both must say the same. */
async function checkMediaType(
  descriptor: Descriptor,
  file: LayoutFile,
  findings: FindingList,
): Promise<boolean> {
  const { digest, mediaType } = descriptor;
  const expected = compressionOf(mediaType);
  if (expected === undefined) {
    findings.add(mlcError('MLC6055', { digest, mediaType, detail: 'which is no layer' }), digest);
    return false;
  }
  const actual = await sniff(file.open());
  if (actual === expected || file.size === 0) return true;
  findings.add(
    mlcError('MLC6055', { digest, mediaType, detail: `its bytes are ${actual}` }),
    digest,
  );
  return false;
}

const MAGIC_GZIP = '1f8b';
const MAGIC_ZSTD = '28b52ffd';

async function sniff(stream: ByteStream): Promise<StoredCompression> {
  for await (const chunk of stream) {
    const start = Buffer.from(chunk.subarray(0, 4)).toString('hex');
    if (start.startsWith(MAGIC_GZIP)) return 'gzip';
    return start === MAGIC_ZSTD ? 'zstd' : 'none';
  }
  return 'none';
}

async function* tapped(stream: ByteStream, tally: Tally): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of stream) {
    tally.update(chunk);
    yield chunk;
  }
}
