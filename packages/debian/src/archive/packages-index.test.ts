import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCompactor } from './compact.ts';
import { createOffsetTable } from './offset-table.ts';
import { indexPackages } from './packages-index.ts';

const text = [
  'Package: aa\nVersion: 1\nMaintainer: Ä\nDescription: many\n words\n .\nDepends: bb,\n cc\nTag: x::y,\n z\nSize: 7\n',
  'Package: bb\nProvides: mail, blas (= 3)\nVersion: 1\n',
  'Package: aa\nVersion: 2\nProvides: mail\n',
].join('\n');

function compact(bytes: Uint8Array, size: number): Uint8Array {
  const compactor = createCompactor(0);
  for (let at = 0; at < bytes.length; at += size) compactor.push(bytes.subarray(at, at + size));
  return compactor.finish();
}

describe('createCompactor', () => {
  it('keeps wanted fields with their continuations, from pieces of any size', () => {
    const whole = Buffer.from(compact(Buffer.from(text), text.length + 9)).toString();
    expect(whole).toBe(
      'Package: aa\nVersion: 1\nDepends: bb,\n cc\nSize: 7\n\nPackage: bb\nProvides: mail, blas (= 3)\nVersion: 1\n\nPackage: aa\nVersion: 2\nProvides: mail\n',
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (size) => {
        expect(Buffer.from(compact(Buffer.from(text), size)).toString()).toBe(whole);
      }),
    );
  });

  it('ends a last line that has no end', () => {
    expect(Buffer.from(compact(Buffer.from('Tag: x\nPackage: aa'), 5)).toString()).toBe(
      'Package: aa\n',
    );
  });
});

describe('createOffsetTable', () => {
  it('finds what a map would find, in order, also where hashes meet', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(1, 2, 1 + (1 << 17)), fc.nat()), { maxLength: 6000 }),
        (pairs) => {
          const table = createOffsetTable();
          for (const [hash, offset] of pairs) table.add(hash, offset);
          const meeting = pairs.filter(([hash]) => hash !== 2).map(([, offset]) => offset);
          expect(table.find(1)).toEqual(meeting);
          expect([...table.all()]).toEqual(pairs.map(([, offset]) => offset));
        },
      ),
      {
        numRuns: 20,
        examples: [[Array.from({ length: 5000 }, (_, index): [number, number] => [1, index])]],
      },
    );
  });
});

describe('indexPackages', () => {
  const index = indexPackages(Buffer.from(`\n${text}\n\n`), 'debian', 'test');

  it('finds paragraphs by name and by what they provide', () => {
    expect(index.find('aa').map((one) => one.get('version'))).toEqual(['1', '2']);
    expect(index.find('aa')[0]?.get('depends')).toBe('bb,\ncc');
    expect(index.find('zz')).toEqual([]);
    expect(index.providersOf('mail').map((one) => one.get('package'))).toEqual(['bb', 'aa']);
    expect(index.providersOf('blas').map((one) => one.get('package'))).toEqual(['bb']);
    expect([...index.names()]).toEqual(['aa', 'bb', 'aa']);
  });

  it('is empty for an empty file', () => {
    expect([...indexPackages(Buffer.from(''), 'debian', 'test').names()]).toEqual([]);
  });

  it('refuses a paragraph that does not begin with its name', () => {
    const bytes = Buffer.from('Package: aa\n\nVersion: 1\nPackage: bb\n');
    expect(() => indexPackages(bytes, 'debian', 'test')).toThrowError(
      expect.objectContaining({ code: 'MLC4012' }),
    );
  });
});
