import { expect, it } from 'vitest';
import { commandText, stepError, type FailedStep } from './failure.ts';

const FAILED: FailedStep = {
  name: 'user/run-1',
  command: ['/bin/sh', '-ec', 'fetch it'],
  exit: 6,
  lines: [],
  network: 'none',
};

it.each([
  'curl: (6) Could not resolve host: example.com',
  'socket.gaierror: [Errno -3] Temporary failure in name resolution',
  'OSError: [Errno 101] Network is unreachable',
  'dial tcp: lookup example.com: no route to host',
])('tells a hermetic step that looks for the network so: %s', (line) => {
  expect(stepError({ ...FAILED, lines: [line, 'and more'] }).code).toBe('MLC8505');
  expect(stepError({ ...FAILED, lines: [line], network: 'declared' }).code).toBe('MLC8504');
});

it('keeps the last lines of the command, without those of the builder', () => {
  const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
  const error = stepError({ ...FAILED, lines: [...lines, 'Error: exit status 6'] });
  expect(error.data).toMatchObject({ exit: 6, command: 'fetch it' });
  expect(error.data['lines']).toEqual(lines.slice(-20));
});

it('writes a command as people do', () => {
  expect(commandText(['/bin/sh', '-ec', 'a && b'])).toBe('a && b');
  expect(commandText(['python3', '-c', 'x'])).toBe('python3 -c x');
});
