import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../test/support/fault.ts';
import { python } from '../../test/support/python.ts';
import { readAll } from '../../test/support/read-zip.ts';
import { tempFolder } from '../../test/support/wheel.ts';
import { buildZip, type Member } from '../../test/support/zip.ts';

const a: Member = { name: 'a.txt', content: 'alpha '.repeat(50) };
const b: Member = { name: 'dir/b.txt', content: 'beta', stored: true };

const LIST = `
import json, sys, zipfile
out = []
for path in json.load(sys.stdin):
    try:
        with zipfile.ZipFile(path) as z:
            out.append([[i.filename, z.read(i).decode('latin-1')] for i in z.infolist()])
    except Exception:
        out.append(None)
print(json.dumps(out))
`;

const WRITE = `
import json, sys, zipfile, base64
spec = json.load(sys.stdin)
for path, members in spec:
    with zipfile.ZipFile(path, 'w') as z:
        for name, content, method in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = 8 if method else 0
            info.external_attr = 0o100644 << 16
            z.writestr(info, base64.b64decode(content))
print('null')
`;

const segment = fc.stringMatching(/^[\p{L}\p{N}_-]{1,12}$/u);
const names = fc.uniqueArray(
  fc.tuple(segment, segment).map(([folder, file]) => `${folder}/${file}.x`),
  { minLength: 0, maxLength: 8 },
);

describe('against Python zipfile', () => {
  it('reads what zipfile writes', async () => {
    using folder = tempFolder();
    const archives = fc
      .sample(
        names.chain((list) =>
          fc.tuple(
            ...list.map((name) =>
              fc.tuple(fc.constant(name), fc.uint8Array({ maxLength: 400 }), fc.boolean()),
            ),
          ),
        ),
        60,
      )
      .map(
        (members, index) =>
          [
            `${folder.path}/${index}.zip`,
            members.map(
              ([name, content, deflate]) =>
                [name, Buffer.from(content).toString('base64'), deflate] as const,
            ),
          ] as const,
      );
    python(WRITE, archives);
    for (const [path, members] of archives) {
      const contents = await readAll(path);
      expect(contents).toEqual(
        new Map(
          members.map(([name, text]) => [name, Buffer.from(text, 'base64').toString('latin1')]),
        ),
      );
    }
  });

  it('never sees anything else than zipfile in a damaged archive that it accepts', async () => {
    using folder = tempFolder();
    const whole = buildZip(
      [a, { ...b, descriptor: 16 }, { name: 'ü/c', content: 'gamma '.repeat(9) }],
      { comment: Buffer.from('c') },
    );
    const damages = fc.sample(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 3,
      }),
      3000,
    );
    const accepted: { path: string; contents: Map<string, string> }[] = [];
    for (const [index, damage] of damages.entries()) {
      const copy = Buffer.from(whole);
      for (const [at, value] of damage) copy[at] = value;
      const path = folder.file(`${index}.zip`, copy);
      if (
        (await faultOf(async () => accepted.push({ path, contents: await readAll(path) }))) ===
        'fine'
      )
        continue;
    }
    const theirs = python<([string, string][] | null)[]>(
      LIST,
      accepted.map(({ path }) => path),
    );
    expect(accepted.length).toBeGreaterThan(50);
    for (const [index, { contents }] of accepted.entries()) {
      expect(new Map(theirs[index])).toEqual(contents);
    }
  });
});
