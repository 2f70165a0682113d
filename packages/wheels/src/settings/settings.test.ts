import { inspect } from 'node:util';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../../test/support/fault.ts';
import { python } from '../../test/support/python.ts';
import { tempFolder } from '../../test/support/wheel.ts';
import { uvEnvironment, uvPlaces } from '../uv/environment.ts';
import { describeSettings } from './describe.ts';
import { addressOf, redact } from './secret.ts';
import { pythonSettings, type PythonSettings } from './settings.ts';

/** Settings of a home folder with these files, and nothing of this machine. */
async function settings(
  files: Readonly<Record<string, string>>,
  env: Record<string, string> = {},
  pipFiles?: (root: string) => string[],
) {
  using folder = tempFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, name)), { recursive: true });
    writeFileSync(join(folder.path, name), text.replaceAll('{root}', folder.path));
  }
  const full = { XDG_CONFIG_DIRS: join(folder.path, 'etc'), ...env };
  const home = join(folder.path, 'home');
  const found = await pythonSettings({
    env: Object.fromEntries(
      Object.entries(full).map(([name, value]) => [name, value.replaceAll('{root}', folder.path)]),
    ),
    cwd: join(folder.path, 'project'),
    home,
    files: (
      pipFiles ?? ((root) => [join(root, 'etc/pip/pip.conf'), join(home, '.config/pip/pip.conf')])
    )(folder.path),
  });
  return { found, root: folder.path };
}

const summary = ({ found, root }: { found: PythonSettings; root: string }) => ({
  index: found.defaultIndex && addressOf(found.defaultIndex.value),
  extra: found.extraIndexes.map((index) => addressOf(index.value)),
  links: found.findLinks.map((links) => addressOf(links.value).replace(root, '')),
  constraints: found.constraints.map((file) => file.value.replace(root, '')),
});

describe('pip', () => {
  it('merges files, sections and variables as pip does', async () => {
    const result = await settings(
      {
        'etc/pip/pip.conf':
          '[global]\nindex-url = https://a.example/simple\nextra_index_url =\n  https://b.example/simple\n  https://c.example/simple\n[install]\nfind-links = links\n',
        'home/.config/pip/pip.conf':
          '[global]\nindex-url: https://user.example/simple\nfind-links = ignored-since-install-wins\n[list]\nindex-url = https://no.example\n',
      },
      { PIP_CONSTRAINT: 'one.txt https://x.example/two.txt', PIP_TRUSTED_HOST: 'h1 h2:8080' },
    );
    expect(summary(result)).toEqual({
      index: 'https://user.example/simple',
      extra: ['https://b.example/simple', 'https://c.example/simple'],
      links: ['/project/links'],
      constraints: ['/project/one.txt', 'https://x.example/two.txt'],
    });
    expect(result.found.trustedHosts.map((host) => host.value)).toEqual(['h1', 'h2:8080']);
    expect(result.found.defaultIndex?.source).toBe(
      `${result.root}/home/.config/pip/pip.conf [global]`,
    );
  });

  it('lets a variable replace what files say', async () => {
    const files = {
      'etc/pip/pip.conf': '[global]\nindex-url = https://a.example/simple\nno-index = true\n',
    };
    const { found } = await settings(files, {
      PIP_INDEX_URL: 'https://env.example/simple',
      PIP_NO_INDEX: '0',
    });
    expect(found.defaultIndex).toEqual({
      value: { url: 'https://env.example/simple' },
      source: 'PIP_INDEX_URL',
    });
    expect(found.noIndex).toEqual({ value: false, source: 'PIP_NO_INDEX' });
  });

  it('finds the files that pip finds', async () => {
    using folder = tempFolder();
    const at = (name: string, url: string) => {
      mkdirSync(dirname(join(folder.path, name)), { recursive: true });
      writeFileSync(
        join(folder.path, name),
        `[global]\nindex-url = https://${url}.example/simple\n`,
      );
    };
    const home = join(folder.path, 'home');
    const env = {
      HOME: home,
      XDG_CONFIG_DIRS: join(folder.path, 'xdg'),
      PATH: process.env['PATH'] ?? '',
    };
    const ask = async (more: Record<string, string>) => {
      const found = await pythonSettings({ env: { ...env, ...more }, cwd: folder.path, home });
      const script = `
import json
from pip._internal.configuration import Configuration
configuration = Configuration(isolated=False)
configuration.load()
print(json.dumps(dict(configuration.items()).get('global.index-url', '')))
`;
      return [
        found.defaultIndex?.value.url ?? '',
        python<string>(script, null, [], { ...env, ...more }),
      ];
    };
    const expectSame = async (more: Record<string, string>, url: string) => {
      expect(await ask(more)).toEqual([
        url && `https://${url}.example/simple`,
        url && `https://${url}.example/simple`,
      ]);
    };
    at('xdg/pip/pip.conf', 'system');
    await expectSame({}, 'system');
    at('home/.pip/pip.conf', 'legacy');
    await expectSame({}, 'legacy');
    at('home/.config/pip/pip.conf', 'user');
    await expectSame({}, 'user');
    at('own.conf', 'own');
    await expectSame({ PIP_CONFIG_FILE: join(folder.path, 'own.conf') }, 'own');
    await expectSame({ PIP_CONFIG_FILE: '/dev/null' }, '');
  });

  it('says which value it cannot understand', async () => {
    expect(await faultOf(() => settings({ 'etc/pip/pip.conf': 'index-url = x\n' }))).toBe(
      'MLC5003',
    );
    expect(await faultOf(() => settings({}, { PIP_INDEX_URL: 'not a url' }))).toBe('MLC5003');
    expect(await faultOf(() => settings({}, { PIP_NO_INDEX: 'perhaps' }))).toBe('MLC5003');
    expect(await faultOf(() => settings({ 'project/uv.toml': 'index-url = \n' }))).toBe('MLC5003');
    expect(await faultOf(() => settings({}, { UV_INDEX_STRATEGY: 'best' }))).toBe('MLC5003');
    const secret = { PIP_CONSTRAINT: 'https://me:pw@x.example/c.txt' };
    expect(await faultOf(() => settings({}, secret))).toBe('MLC5003');
  });
});

describe('uv', () => {
  it('counts before pip, and its tables are read', async () => {
    const toml = `
find-links = ["wheels"]
index-strategy = "unsafe-best-match"
[[index]]
name = "corp-one"
url = "https://corp.example/simple"
[[index]]
url = "https://default.example/simple"
default = true
[[index]]
name = "torch"
url = "https://torch.example/simple"
explicit = true
`;
    const result = await settings(
      {
        'project/uv.toml': toml,
        'etc/pip/pip.conf': '[global]\nextra-index-url = https://pip.example/simple\n',
      },
      {
        UV_INDEX: 'extra=https://first.example/simple',
        UV_INDEX_CORP_ONE_USERNAME: 'me',
        UV_INDEX_CORP_ONE_PASSWORD: 'p/w',
      },
    );
    expect(summary(result)).toEqual({
      index: 'https://default.example/simple',
      extra: [
        'https://first.example/simple',
        'https://me:p%2Fw@corp.example/simple',
        'https://torch.example/simple',
      ],
      links: ['/project/wheels'],
      constraints: [],
    });
    expect(result.found.indexStrategy.value).toBe('unsafe-best-match');
    expect(result.found.extraIndexes[2]?.value.explicit).toBe(true);
    expect(result.found.ignored.map(({ name }) => name)).toEqual(['extra-index-url']);
  });

  it('reads pyproject, the user and the system, in that order', async () => {
    const system = { 'etc/uv/uv.toml': 'index-url = "https://system.example/simple"\n' };
    const user = {
      ...system,
      'home/.config/uv/uv.toml': 'index-url = "https://user.example/simple"\n',
    };
    const project = {
      ...user,
      'pyproject.toml': '[tool.uv.pip]\nindex-url = "https://project.example/simple"\n',
    };
    const index = async (files: Record<string, string>, env = {}) =>
      summary(await settings(files, env)).index;
    expect(await index(system)).toBe('https://system.example/simple');
    expect(await index(user)).toBe('https://user.example/simple');
    expect(await index(project)).toBe('https://project.example/simple');
    expect(await index(project, { UV_NO_CONFIG: '1' })).toBeUndefined();
    expect(await index(project, { UV_CONFIG_FILE: '{root}/etc/uv/uv.toml' })).toBe(
      'https://system.example/simple',
    );
  });

  it('gets what only pip knows, and no secret on its command line', async () => {
    const { found } = await settings(
      {},
      {
        PIP_INDEX_URL: 'https://me:secret@a.example/simple',
        PIP_EXTRA_INDEX_URL: 'https://b.example/simple https://c.example/simple',
        PIP_FIND_LINKS: 'wheels https://t:secret@l.example/links',
        PIP_CERT: '/ca.pem',
        VIRTUAL_ENV: '/venv',
      },
    );
    expect(uvPlaces(found).join(' ')).not.toContain('secret');
    expect(uvEnvironment(found)).toMatchObject({
      UV_DEFAULT_INDEX: 'https://me:secret@a.example/simple',
      UV_INDEX: 'https://b.example/simple https://c.example/simple',
      UV_INDEX_STRATEGY: 'first-index',
      SSL_CERT_FILE: '/ca.pem',
      UV_PYTHON_DOWNLOADS: 'never',
    });
    expect(uvEnvironment(found)['UV_FIND_LINKS']).toContain('secret');
    expect(uvEnvironment(found)).not.toHaveProperty('VIRTUAL_ENV');
  });
});

it('shows no secret in any form', async () => {
  const { found } = await settings(
    {},
    {
      PIP_INDEX_URL: 'https://me:s3cr3t@a.example/simple',
      PIP_PROXY: 'http://me:s3cr3t@proxy.example:3128',
      UV_INDEX: 'x=https://s3cr3t@b.example/simple',
      TOKEN: 's3cr3t',
    },
  );
  const lines = describeSettings(found);
  for (const text of [
    JSON.stringify(found),
    inspect(found, { depth: 9, showHidden: true }),
    JSON.stringify(lines),
    inspect(found.defaultIndex?.value.full),
  ]) {
    expect(text).not.toContain('s3cr3t');
  }
  expect(lines).toContainEqual({
    name: 'index',
    value: 'https://a.example/simple (with credentials)',
    source: 'PIP_INDEX_URL',
  });
  expect(redact('see https://me:pw@h.example/x and http://t@h/y')).toBe(
    'see https://h.example/x and http://h/y',
  );
});
