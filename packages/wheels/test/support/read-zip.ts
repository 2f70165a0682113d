import { expect } from 'vitest';
import { openZip } from '../../src/zip/archive.ts';

/** Opens and reads everything. */
export async function readAll(path: string): Promise<Map<string, string>> {
  const zip = openZip(path, 'test.zip');
  try {
    const contents = new Map<string, string>();
    for (const member of zip.members) {
      const whole = Buffer.from(zip.read(member));
      const chunks: Uint8Array[] = [];
      for await (const chunk of zip.stream(member)) chunks.push(chunk);
      expect(Buffer.concat(chunks).equals(whole)).toBe(true);
      contents.set(member.name, whole.toString('latin1'));
    }
    return contents;
  } finally {
    zip.close();
  }
}
