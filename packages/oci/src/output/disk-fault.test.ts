import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { diskFault } from './disk-fault.ts';

test('no room is told from a full device', () => {
  try {
    writeFileSync('/dev/full', 'x');
    expect.unreachable();
  } catch (error) {
    expect(diskFault(error, 'image')).toMatchObject({
      code: 'MLC7010',
      cause: error,
      data: { path: 'image' },
    });
  }
});

test('a read-only place has its own code', () => {
  const error = Object.assign(new Error('read-only file system'), { code: 'EROFS' });
  expect(diskFault(error, 'image')).toMatchObject({ code: 'MLC7011' });
});

test('anything else stays what it is', () => {
  const error = new Error('x');
  expect(diskFault(error, 'image')).toBe(error);
  expect(diskFault('text', 'image')).toBe('text');
});
