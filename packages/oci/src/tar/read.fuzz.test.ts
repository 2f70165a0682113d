import { isMlcError } from '@mlcontainer/plugin-kit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pax, rawTar } from '../../test/support/raw-tar.ts';
import { chunks, collect } from '../../test/support/streams.ts';
import { readTar } from './read.ts';

async function read(bytes: Uint8Array): Promise<readonly { readonly path: string }[]> {
  const found = [];
  for await (const entry of readTar(chunks(bytes))) {
    await collect(entry.content);
    found.push(entry);
  }
  return found;
}

test('property: mutated archives are read or refused with a code, never anything else', async () => {
  const whole = rawTar(
    { name: 'a/', flag: '5' },
    pax({ path: 'a/ü', mtime: '1.5' }),
    { name: 'a/u', body: 'hello' },
    { name: 'L', flag: 'L', body: `${'n'.repeat(120)}\0` },
    { name: 'n', body: 'x'.repeat(700) },
    { name: 'l', flag: '2', linkName: 'a' },
  );
  const edit = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) });
  const edits = fc.array(edit, { minLength: 1, maxLength: 4 });
  const resum = fc.boolean();
  const cut = fc.option(fc.nat(whole.length));
  await fc.assert(
    fc.asyncProperty(edits, resum, cut, async (list, repair, end) => {
      const bytes = Buffer.from(whole);
      for (const { at, byte } of list) bytes[at] = byte;
      if (repair)
        for (let at = 0; at < bytes.length; at += 512) repairSum(bytes.subarray(at, at + 512));
      await read(end === null ? bytes : bytes.subarray(0, end)).then(
        (found) => {
          for (const entry of found) expect(entry.path).not.toMatch(/^\/|(^|\/)\.\.(\/|$)|\0/);
        },
        (error: unknown) => expect(isMlcError(error)).toBe(true),
      );
    }),
    { numRuns: 1500 },
  );
});

/** Makes the checksum right again, so that the mutation reaches the parsers behind it. */
function repairSum(block: Buffer): void {
  if (block.every((byte) => byte === 0)) return;
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}
