import { createServer } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { isMlcError, type Plan } from '@mlcontainer/plugin-kit';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { allowedHosts } from '../src/allowed-hosts.ts';
import { createContext, type EngineContext } from '../src/context.ts';
import { doctor } from '../src/doctor.ts';
import { planHosts } from '../src/hosts.ts';
import { makePlan } from '../src/plan/make.ts';
import { restrictToPlan } from '../src/restrict.ts';
import { testContext, type TestContext } from './support/context.ts';
import { project } from './support/project.ts';

let cx: TestContext;
beforeEach(async () => {
  cx = await testContext();
});
afterEach(() => cx.dispose());

const plan = async (over: object): Promise<Plan> =>
  makePlan(cx, await project(cx.root, undefined, over));

const MIRROR = { MLCONTAINER_DEBIAN_MIRROR: 'http://127.0.0.1:1/debian' };

describe('plan --hosts', () => {
  test('names the registry that the image goes to, and says that it will name others', async () => {
    const hosts = await planHosts(cx, await plan({ image: 'registry.test:5000/team/model' }));
    expect(hosts.filter(({ host }) => host.includes('registry.test'))).toEqual([
      { host: 'registry.test:5000', purpose: 'push of the image', source: 'config: image' },
      {
        host: 'what registry.test:5000 names for tokens and blobs',
        purpose: 'tokens and blobs',
        source: 'its own answers, over https',
      },
    ]);
    const other = await planHosts(cx, await plan({ image: 'a.test/m' }), 'b.test/m');
    expect(other.some(({ host }) => host === 'a.test')).toBe(false);
    expect(other.find(({ host }) => host === 'b.test')?.source).toBe('command line');
  });

  test('names Google’s endpoints where its credentials are chosen, and nowhere else', async () => {
    const google = async (over: object) => {
      const hosts = await planHosts(cx, await plan(over));
      return hosts
        .filter(({ purpose }) => purpose === 'Google credentials')
        .map(({ host }) => host);
    };
    expect(await google({ image: 'us-docker.pkg.dev/p/r/m' })).toEqual(['169.254.169.254']);
    expect(await google({ image: 'registry.test/m' })).toEqual([]);
    const registries = { 'registry.test': { credentials: 'google' } };
    expect(await google({ image: 'registry.test/m', registries })).toEqual(['169.254.169.254']);
  });
});

describe('MLCONTAINER_ALLOW_HOSTS', () => {
  test.each([
    ['', { hosts: undefined, byPlan: false }],
    ['plan', { hosts: [], byPlan: true }],
    ['a.test, *.b.test:443 plan', { hosts: ['a.test', '*.b.test:443'], byPlan: true }],
    ['a.test', { hosts: ['a.test'], byPlan: false }],
  ])('%j', (text, expected) => {
    expect(allowedHosts({ MLCONTAINER_ALLOW_HOSTS: text })).toEqual(expected);
  });

  async function server(): Promise<string> {
    const made = createServer((_request, response) => response.end('yes'));
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void made.close());
    return `127.0.0.1:${(made.address() as AddressInfo).port}`;
  }

  async function asked(context: EngineContext, host: string): Promise<string> {
    try {
      const { signal } = context;
      const url = `http://${host}/`;
      const response = await context.ports.http.request({ url, purpose: 'test', signal });
      await response.cancel();
      return 'answered';
    } catch (error) {
      return isMlcError(error) ? error.code : String(error);
    }
  }

  test('with `plan` closes the network to all but the plan’s hosts once there is one', async () => {
    const [registry, other] = await Promise.all([server(), server()]);
    const env = { ...cx.env, ...MIRROR, MLCONTAINER_ALLOW_HOSTS: 'plan' };
    const { cwd, host, signal } = cx;
    const context = createContext({ cwd, env, host, signal });
    onTestFinished(() => context.layerRunner.close());
    expect(await asked(context, other)).toBe('answered');
    await restrictToPlan(context, await plan({ image: `${registry}/model` }));
    expect(await asked(context, registry)).toBe('answered');
    expect(await asked(context, other)).toBe('MLC7006');
  });

  test('with hosts alone closes it from the start', async () => {
    const [first, other] = await Promise.all([server(), server()]);
    const env = { ...cx.env, MLCONTAINER_ALLOW_HOSTS: first };
    const { cwd, host, signal } = cx;
    const context = createContext({ cwd, env, host, signal });
    onTestFinished(() => context.layerRunner.close());
    expect([await asked(context, first), await asked(context, other)]).toEqual([
      'answered',
      'MLC7006',
    ]);
    await restrictToPlan(context, await plan({ image: `${other}/model` }));
    expect(await asked(context, other)).toBe('MLC7006');
  });
});

describe('doctor', () => {
  test('says for each registry of a project which source gives what, and what says how', async () => {
    const auths = { 'a.test': { auth: Buffer.from('me:SECRET').toString('base64') } };
    await mkdir(path.join(cx.root, '.docker'));
    await writeFile(path.join(cx.root, '.docker/config.json'), JSON.stringify({ auths }));
    const text = `export default { model: 'm', image: 'a.test/team/m', registries: {
      'a.test': { mirrors: ['m.test'] },
      'b.test:5000': { plainHttp: true, credentials: { usernameEnv: 'U', passwordEnv: 'P' } },
    } };`;
    await writeFile(path.join(cx.root, 'mlcontainer.config.mjs'), text);
    const { checks } = await doctor(cx);
    const found = (name: string) => checks.find((check) => check.name === name);
    expect(found('a.test credentials')).toMatchObject({ status: 'ok' });
    expect(found('a.test credentials')?.detail).toContain(
      `basic from ${path.join(cx.root, '.docker/config.json')}: auths`,
    );
    expect(found('a.test credentials')?.detail).toContain('no such file');
    expect(found('a.test settings')?.detail).toBe('by https; mirrors m.test; said by config');
    expect(found('b.test:5000 settings')?.detail).toBe('by http; said by config');
    expect(found('b.test:5000 credentials')).toMatchObject({ status: 'fail' });
    expect(found('b.test:5000 credentials')?.detail).toContain('MLC6803');
    expect(JSON.stringify(checks)).not.toContain('SECRET');
  });

  test('says nothing of registries outside of a project', async () => {
    const { checks } = await doctor(cx);
    expect(checks.filter(({ name }) => name.endsWith('credentials'))).toEqual([]);
  });
});
