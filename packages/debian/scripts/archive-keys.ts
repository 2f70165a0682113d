/**
 * Makes keys/ and src/archive/archive-keys.ts from the package debian-archive-keyring:
 *
 *   node --conditions=@mlcontainer/source scripts/archive-keys.ts debian-archive-keyring_….deb
 *
 * Take the package from a machine that verified it (`apt-get download debian-archive-keyring`), and compare the
 * fingerprints it prints with those that Debian publishes before committing.
 */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readKey, readKeys, type Key } from 'openpgp';
import { openDeb } from '../src/deb/deb.ts';

const ROOT = join(import.meta.dirname, '..');
const KEYRING =
  /^usr\/share\/keyrings\/debian-archive-((?:bookworm|trixie)-(?:automatic|security-automatic|stable))\.(?:gpg|pgp)$/;

/** Without the certifications of others: only the owner's signatures say what the key may do and until when. */
async function minimal(key: Key): Promise<string> {
  const copy = await readKey({ armoredKey: key.armor() });
  for (const user of copy.users) user.otherCertifications = [];
  return copy.armor();
}

async function keysOf(path: string): Promise<Map<string, Key>> {
  const deb = await openDeb(path, path);
  const keys = new Map<string, Key>();
  for await (const entry of deb.entries()) {
    const name = KEYRING.exec(entry.path)?.[1];
    if (name === undefined || entry.type !== 'file') continue;
    const chunks = [];
    for await (const chunk of entry.content) chunks.push(Buffer.from(chunk));
    const [key] = await readKeys({ binaryKeys: Buffer.concat(chunks) });
    if (key !== undefined) keys.set(name, key);
  }
  await deb.close();
  return keys;
}

async function write(keys: ReadonlyMap<string, Key>): Promise<void> {
  const folder = join(ROOT, 'keys');
  for (const name of await readdir(folder)) await rm(join(folder, name));
  const entries = [];
  for (const name of [...keys.keys()].toSorted()) {
    const key = keys.get(name);
    if (key === undefined) continue;
    const armored = await minimal(key);
    const fingerprint = key.getFingerprint().toUpperCase();
    await writeFile(join(folder, `${name}.asc`), armored);
    entries.push(
      `  {\n    name: '${name}',\n    fingerprint: '${fingerprint}',\n    armored: ${JSON.stringify(armored)},\n  },`,
    );
    process.stdout.write(`${fingerprint}  ${name}  ${key.users[0]?.userID?.userID ?? ''}\n`);
  }
  const head = `// Made by scripts/archive-keys.ts from the package debian-archive-keyring; keys/ holds the same, one a file.\n`;
  const type = `/** A key that signs Debian's release files. */\nexport interface ArchiveKey {\n  readonly name: string;\n  /** Of the primary key, upper-case hex. */\n  readonly fingerprint: string;\n  readonly armored: string;\n}\n`;
  const text = `${head}\n${type}\nexport const ARCHIVE_KEYS: readonly ArchiveKey[] = [\n${entries.join('\n')}\n];\n`;
  await writeFile(join(ROOT, 'src/archive/archive-keys.ts'), text);
}

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('Name the .deb of debian-archive-keyring.');
await write(await keysOf(path));
