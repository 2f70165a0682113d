import { describe, expect, test } from 'vitest';
import { byteChannel } from './channel.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('byteChannel', () => {
  test('hands chunks over in order and waits for each to be taken', async () => {
    const channel = byteChannel();
    const taken: string[] = [];
    const writing = (async () => {
      await channel.write(bytes('a'));
      taken.push('a');
      await channel.write(bytes('b'));
      taken.push('b');
      channel.end();
    })();
    const seen: string[] = [];
    for await (const chunk of channel.stream) {
      seen.push(new TextDecoder().decode(chunk));
      expect(taken.length).toBe(seen.length - 1);
    }
    await writing;
    expect(seen).toEqual(['a', 'b']);
  });

  test('a reader that stops makes the write fail', async () => {
    const channel = byteChannel();
    const writing = channel.write(bytes('a'));
    for await (const chunk of channel.stream) {
      expect(chunk).toEqual(bytes('a'));
      break;
    }
    await expect(writing).rejects.toThrow(/stopped/);
    await expect(channel.write(bytes('b'))).rejects.toThrow(/stopped/);
  });

  test('a reader that never starts can close it', async () => {
    const channel = byteChannel();
    const writing = channel.write(bytes('a'));
    channel.close(new Error('no room'));
    await expect(writing).rejects.toThrow('no room');
  });

  test('a failed writer fails the reader', async () => {
    const channel = byteChannel();
    channel.fail(new Error('bad entry'));
    const read = async (): Promise<void> => {
      for await (const chunk of channel.stream) expect(chunk).toBeUndefined();
    };
    await expect(read()).rejects.toThrow('bad entry');
  });
});
