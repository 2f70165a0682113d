import { describe, expect, it } from 'vitest';
import { capture, output, outputBytes, ProgramFailed } from '../src/process.ts';

describe('programs', () => {
  it('gives exit code, output and errors', async () => {
    const result = await capture('sh', ['-c', 'cat; echo oops >&2; exit 3'], { input: 'text' });
    expect(result).toEqual({ code: 3, stdout: 'text', stderr: 'oops\n' });
  });

  it('takes variables away', async () => {
    const options = { env: { MLC_SOME: 'x', HOME: undefined } };
    expect(await output('sh', ['-c', 'echo "${MLC_SOME}:${HOME-none}"'], options)).toBe('x:none\n');
  });

  it('rejects with what the program said', async () => {
    const failing = output('sh', ['-c', 'echo because >&2; exit 4']);
    await expect(failing).rejects.toThrow(ProgramFailed);
    await expect(failing).rejects.toThrow('because');
  });

  it('rejects when there is no such program', async () => {
    await expect(capture('/no/such/program', [])).rejects.toThrow('ENOENT');
  });

  it('stops with the signal', async () => {
    const signal = AbortSignal.timeout(50);
    await expect(capture('sleep', ['30'], { signal })).rejects.toThrow('aborted');
  });

  it('keeps bytes as they are', async () => {
    expect([...(await outputBytes('printf', ['\\377\\000']))]).toEqual([255, 0]);
  });
});
