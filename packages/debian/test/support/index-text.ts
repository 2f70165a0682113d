import { indexPackages } from '../../src/archive/packages-index.ts';
import { createPool, type Pool } from '../../src/resolve/pool.ts';

/** Fields of a paragraph besides name and version, by their names in the index. */
export type Fields = Readonly<Record<string, string>>;

/** A paragraph of a Packages index. */
export function paragraph(name: string, version: string, fields: Fields = {}): string {
  const all = {
    Package: name,
    Version: version,
    Architecture: 'amd64',
    ...fields,
    Filename: `pool/main/${name}_${version.replace(/^\d+:/, '')}_amd64.deb`,
    Size: '1',
    SHA256: '0'.repeat(64),
  };
  return `${Object.entries(all)
    .map(([field, value]) => `${field}: ${value}`)
    .join('\n')}\n`;
}

/** A pool over one main and one security index. */
export function pool(main: readonly string[], security: readonly string[] = []): Pool {
  const bytes = (texts: readonly string[]) => Buffer.from(texts.join('\n'));
  return createPool([
    indexPackages(bytes(main), 'debian', 'main'),
    indexPackages(bytes(security), 'debian-security', 'security'),
  ]);
}
