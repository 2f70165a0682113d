import { createHash } from 'node:crypto';
import { recordFault } from './fault.ts';
import type { WheelFile } from './layout.ts';
import type { Wheel } from './open.ts';

/** Files above this are streamed; below, one read and one inflate call are cheaper. */
const WHOLE_LIMIT = 1024 * 1024;

/** A file's content, inflated, with CRC-32, size and RECORD hash checked. Throws MLC5030, MLC5032. */
export function readChecked(wheel: Wheel, file: WheelFile): Uint8Array {
  const bytes = wheel.zip.read(file.member);
  const hash = createHash(file.hash.algorithm).update(bytes);
  if (hash.digest('hex') !== file.hash.digest) throw hashFault(wheel, file);
  return bytes;
}

/** A file's content in chunks; CRC-32, size and RECORD hash are checked at its end. Throws MLC5030, MLC5032. */
export async function* streamChecked(
  wheel: Wheel,
  file: WheelFile,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash(file.hash.algorithm);
  for await (const chunk of wheel.zip.stream(file.member)) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== file.hash.digest) throw hashFault(wheel, file);
}

function hashFault(wheel: Wheel, file: WheelFile) {
  return recordFault(wheel.file, file.member.name, 'hash', 'its content is not what RECORD hashed');
}

/**
 * Inflates every file once and checks CRC-32, size and RECORD hash. The layer writer does the same in its own pass;
 * this is for those who want the answer without a layer. Throws MLC5030, MLC5032.
 */
export async function verifyWheel(wheel: Wheel, signal: AbortSignal): Promise<void> {
  for (const file of wheel.files) {
    signal.throwIfAborted();
    if (file.member.size <= WHOLE_LIMIT) readChecked(wheel, file);
    else for await (const chunk of streamChecked(wheel, file)) void chunk;
  }
}
