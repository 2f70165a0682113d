import { createServer } from 'node:net';
import { readdirSync, statSync, existsSync } from 'node:fs';
import { once } from 'node:events';
import { isMlcError } from '@mlcontainer/plugin-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { runSteps } from '../src/run.ts';
import { file, layerOf } from './support/rootfs.ts';
import { makeWorld, type World } from './support/setup.ts';

/** Several runs of buildah, also where other tests keep the machine busy. */
const TIMEOUT = { timeout: 120_000 };

let world: World;
beforeAll(async () => {
  world = await makeWorld();
}, TIMEOUT.timeout);
afterEach(() => expect(world.leftOver()).toEqual([]));
afterAll(() => world.dispose());

async function failure(promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    () => 'no error',
    (reason: unknown) => reason,
  );
  if (!isMlcError(error)) throw new Error(`unexpected: ${String(error)}`);
  return error;
}

const CHANGES = `
  echo new > /opt/new; chown 5:6 /opt/new; chmod 750 /opt/new
  rm /opt/base; echo changed > /opt/two
  rm -r /opt/dir; mkdir -p /opt/dir/deep; echo z2 > /opt/dir/deep/z
  rm /opt/link; mkdir /opt/link; echo in > /opt/link/file
  mkdir /opt/d2; ln /opt/new /opt/d2/hard; ln -s new /opt/soft
  echo same > /opt/same; touch /usr/bin/cat; mkdir /opt/empty; chmod 700 /opt/empty
  for noise in /tmp/x /var/cache/x /var/log/x /run/x /root/.cache/x /etc/machine-id; do
    mkdir -p "\${noise%/*}"; date +%N > "$noise"
  done
`;

const EXPECTED = {
  opt: '755 0:0 dir',
  'opt/.wh.base': '644 0:0',
  'opt/d2': '755 0:0 dir',
  'opt/d2/hard': '750 5:6 new',
  'opt/dir/.wh.x': '644 0:0',
  'opt/dir/deep/.wh.y': '644 0:0',
  'opt/dir/deep': '755 0:0 dir',
  'opt/dir': '755 0:0 dir',
  'opt/dir/deep/z': '644 0:0 z2',
  'opt/empty': '700 0:0 dir',
  'opt/link': '755 0:0 dir',
  'opt/link/file': '644 0:0 in',
  'opt/new': '=> opt/d2/hard',
  'opt/soft': '-> new',
  'opt/two': '644 0:0 changed',
};

describe('runSteps', TIMEOUT, () => {
  it('takes back what a step changed, and nothing else, twice the same', async () => {
    const first = await world.run(CHANGES);
    expect(first.listing).toEqual(EXPECTED);
    expect(first.ignored).toEqual(expect.arrayContaining(['root/.cache/x', 'tmp/x', 'var/log/x']));
    const second = await world.run(CHANGES);
    expect(second.digest).toBe(first.digest);
  });

  it('gives the same layer whatever the storage', async () => {
    const overlay = await world.run(CHANGES);
    const vfs = await world.run(CHANGES, {}, { ...world.way, driver: 'vfs' });
    expect(vfs.listing).toEqual(overlay.listing);
    expect(vfs.digest).toBe(overlay.digest);
  });

  it('shows a step nothing of this machine: names, zone, environment, processes', async () => {
    const before = process.env['MLC_SECRET'];
    process.env['MLC_SECRET'] = 'secret';
    const { listing } = await world.run(
      'env | sort > /opt/env; ls /proc > /opt/proc; umask > /opt/umask; cat /etc/hosts > /opt/hosts',
      {
        env: { LANG: 'C', ADDED: 'yes' },
      },
    );
    if (before === undefined) delete process.env['MLC_SECRET'];
    expect(listing['opt/env']?.split('\n').map((line) => line.replace(/^644 0:0 /, ''))).toEqual([
      'ADDED=yes',
      'HOME=/root',
      'HOSTNAME=localhost',
      'LANG=C',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'PWD=/',
      'PYTHONDONTWRITEBYTECODE=1',
      'PYTHONHASHSEED=0',
      'SOURCE_DATE_EPOCH=315532800',
      'TZ=UTC',
    ]);
    expect(listing['opt/umask']).toContain('0022');
    expect(listing['opt/hosts']).toBe('644 0:0 127.0.0.1\tlocalhost');
    const processes = listing['opt/proc']?.split('\n').filter((name) => /^\d+$/.test(name));
    expect(processes?.length).toBeLessThan(10);
  });

  it('hands files in, read-only and without a trace', async () => {
    const layer = await layerOf(world.folder, [file('data', 'handed in')]);
    const mounts = [{ source: layer.path, target: '/run/mlcontainer/in/data' }];
    const script = 'cat /run/mlcontainer/in/data > /opt/got; ! touch /run/mlcontainer/in/data';
    const { listing } = await world.run(script, { mounts });
    expect(Object.keys(listing)).toEqual(['opt', 'opt/got']);
  });

  it('runs with build-only layers and ships nothing of them', async () => {
    const tools = await layerOf(world.folder, [
      file('usr/bin/tool', '#!/bin/sh\necho made > /opt/made\n', 0o755),
      file('usr/share/tool/data', 'data'),
    ]);
    const layers = [...world.layers, { ...tools, buildOnly: true }];
    const script = 'tool; touch /usr/share/tool/data; rm /usr/bin/tool';
    const { listing } = await world.run(script, { layers });
    expect(listing).toEqual({ opt: '755 0:0 dir', 'opt/made': '644 0:0 made' });
  });

  it('keeps setuid for the lint to refuse, or drops it with a word', async () => {
    const script = 'cp /bin/cat /opt/cat; chmod 4755 /opt/cat';
    const kept = await world.run(script);
    expect(kept.listing['opt/cat']).toMatch(/^4755 /);
    const dropped = await world.run(script, { setid: 'drop' });
    expect(dropped.listing['opt/cat']).toMatch(/^755 /);
    expect(dropped.dropped).toEqual([{ path: 'opt/cat', what: 'mode 4755' }]);
    const able = await world.run('cp /bin/cat /opt/cat; setcap cap_net_raw+ep /opt/cat');
    expect(able.dropped).toEqual([{ path: 'opt/cat', what: 'security.capability' }]);
  });

  it('runs as another user where the step asks for it', async () => {
    const { listing } = await world.run('id -u > /opt/own/id', {
      user: '65532:65532',
      layers: [
        ...world.layers,
        await layerOf(world.folder, [
          { type: 'directory', path: 'opt/own', mode: 0o700, uid: 65532, gid: 65532 },
        ]),
      ],
    });
    expect(listing).toMatchObject({
      'opt/own': '700 65532:65532 dir',
      'opt/own/id': '644 65532:65532 65532',
    });
  });

  it('refuses a device among the changes', async () => {
    const error = await failure(world.run('mkfifo /opt/pipe'));
    expect(error.code).toBe('MLC6013');
  });
});

describe('a failing step', TIMEOUT, () => {
  it('is told with its command and its last words', async () => {
    const error = await failure(world.run('echo first; echo "the reason" >&2; exit 7'));
    expect(error.code).toBe('MLC8504');
    expect(error.data).toMatchObject({
      step: 'test/step',
      exit: 7,
      lines: ['first', 'the reason'],
    });
  });

  it('says which program is missing', async () => {
    const error = await failure(world.run('', { commands: [['/usr/bin/nothing', 'x']] }));
    expect(error.code).toBe('MLC8504');
    expect(error.message).toContain('/usr/bin/nothing x');
  });
});

describe('the network', TIMEOUT, () => {
  /** bash can connect by itself. */
  const connect = (port: number): string =>
    `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3 > /opt/answer'`;

  async function listener<T>(use: (port: number, calls: () => number) => Promise<T>): Promise<T> {
    let calls = 0;
    const server = createServer((socket) => {
      calls += 1;
      socket.end('hello');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    try {
      return await use(typeof address === 'object' ? (address?.port ?? 0) : 0, () => calls);
    } finally {
      server.close();
    }
  }

  it('of this machine is out of reach of a hermetic step', async () => {
    await listener(async (port, calls) => {
      await failure(world.run(connect(port)));
      expect(calls()).toBe(0);
      const { listing } = await world.run('cat /proc/net/dev > /opt/dev');
      expect(listing['opt/dev']?.match(/^\s*\w+:/gm)?.map((name) => name.trim())).toEqual(['lo:']);
    });
  });

  it('is there for a step that declares it', async () => {
    await listener(async (port, calls) => {
      const { listing } = await world.run(connect(port), { network: 'declared' });
      expect(calls()).toBe(1);
      expect(listing['opt/answer']).toContain('hello');
    });
  });

  it('is named as the cause where a hermetic step looks for it', async () => {
    const script = `bash -c 'exec 3<>/dev/tcp/192.0.2.1/80'`;
    expect((await failure(world.run(script))).code).toBe('MLC8505');
  });
});

describe('an abort', TIMEOUT, () => {
  it.each(['while the step runs', 'before it', 'in its preparation'])(
    '%s leaves no mount, no process and no file',
    async (when) => {
      const controller = new AbortController();
      const reason = new Error('stop');
      const onLine = (): void => controller.abort(reason);
      if (when === 'before it') controller.abort(reason);
      if (when === 'in its preparation') setTimeout(() => controller.abort(reason), 40);
      const cx = world.context({ signal: controller.signal, onLine });
      const script = 'trap "" TERM INT; (sleep 300 &); echo ready; sleep 300; sleep 300';
      const running = runSteps(world.request(script), cx, () => Promise.resolve());
      await expect(running).rejects.toBe(reason);
    },
  );
});

it('does not touch the user’s own storage', TIMEOUT, async () => {
  const places = [
    '/var/lib/containers/cache',
    '/var/lib/containers/storage',
    '/var/cache/containers',
  ];
  const look = (): string[] =>
    places
      .filter((path) => existsSync(path))
      .flatMap((path) =>
        readdirSync(path).map((name) => `${path}/${name} ${statSync(`${path}/${name}`).mtimeMs}`),
      );
  const before = look();
  await world.run('echo x > /opt/x');
  expect(look()).toEqual(before);
});
