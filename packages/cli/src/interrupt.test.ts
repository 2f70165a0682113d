import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { interruptible } from './interrupt.ts';

class FakeProcess extends EventEmitter {
  readonly exits: number[] = [];

  exit(code: number): never {
    this.exits.push(code);
    throw new Error('gone');
  }
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('the first %s aborts, the second ends the process', (name, code) => {
  const source = new FakeProcess();
  const { signal, done } = interruptible(source);
  source.emit(name);
  expect(signal.reason).toMatchObject({ name: 'AbortError', exitCode: code });
  expect(source.exits).toEqual([]);
  expect(() => source.emit(name)).toThrow('gone');
  expect(source.exits).toEqual([code]);
  done();
  expect(source.eventNames()).toEqual([]);
});
