import { resolve } from 'node:path';

import type { HttpPort, RegistriesConfig, RegistryOptions } from '@mlcontainer/plugin-kit';

import type { MirrorLocation, RegistrySettings, SettingsLookup } from '../credential.ts';
import { registryKey } from '../credentials/auth-key.ts';
import type { Env } from '../credentials/look.ts';
import { readCertificates, type RegistryCertificates } from './certs-d.ts';
import { readRegistryRules, type RegistryRule, type SystemFolders } from './conf-files.ts';
import { probeInsecure, type SchemeMemory } from './plain-http.ts';
import { locate, ruleFor } from './rules.ts';

/** Where settings of registries come from. */
export interface RegistrySettingsOptions {
  /** The environment of the process, handed in. */
  readonly env: Env;
  /** `registries` of the plan; goes before what the machine says, setting by setting. */
  readonly config?: RegistriesConfig;
  /** The folder that paths of the config are relative to; absolute. */
  readonly root?: string;
  /** `/etc` when left out. */
  readonly system?: SystemFolders;
  /** Finds out whether a registry that registries.conf calls insecure speaks https; assumed when left out. */
  readonly http?: HttpPort;
  /** What that found, for the next time. */
  readonly schemes?: SchemeMemory;
}

/**
 * How registries are reached: what the config says, containers-registries.conf(5) and certs.d of this machine. By the
 * exact host; https unless http is named for that very host. The files are read once. Throws MLC6811.
 */
export function registrySettings(options: RegistrySettingsOptions): SettingsLookup {
  const { env, config = {}, root = '.', system = { etc: '/etc' } } = options;
  let rules: Promise<ReadonlyMap<string, RegistryRule>> | undefined;
  const probe = createProbe(options.http, options.schemes);
  const certificates = new Map<string, Promise<RegistryCertificates | undefined>>();
  return async (registry, repository) => {
    rules ??= readRegistryRules(env, system);
    const held = certificates.get(registry) ?? readCertificates(env, system, registry);
    certificates.set(registry, held);
    const [known, shown] = await Promise.all([rules, held]);
    const rule = ruleFor(known, registry, repository);
    const machine = machineSettings(rule, shown, registry, repository);
    const said = configFor(config, registry);
    const settings = said === undefined ? machine : withConfig(machine, said, root);
    return probed(settings, registry, probe);
  };
}

/** Settles for each place that is called insecure whether that means https without verification, or http. */
async function probed(
  settings: RegistrySettings,
  registry: string,
  probe: Probe,
): Promise<RegistrySettings> {
  const { insecure, mirrors, servedAt, plainHttp, ...rest } = settings;
  const place = async (location: MirrorLocation): Promise<MirrorLocation> => {
    const { insecure: unsafe, ...other } = location;
    return unsafe === true ? { ...other, ...(await probe(location.location)) } : other;
  };
  const own = insecure === true && plainHttp === undefined && servedAt === undefined;
  return {
    ...rest,
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(own ? await probe(registry) : {}),
    ...(mirrors === undefined ? {} : { mirrors: await Promise.all(mirrors.map(place)) }),
    ...(servedAt === undefined ? {} : { servedAt: await place(servedAt) }),
  };
}

type Probe = (host: string) => ReturnType<typeof probeInsecure>;

function createProbe(http: HttpPort | undefined, schemes: SchemeMemory | undefined): Probe {
  const held = new Map<string, ReturnType<typeof probeInsecure>>();
  return (host) => {
    const known =
      held.get(host) ??
      (http === undefined
        ? Promise.resolve({ insecure: true } as const)
        : probeInsecure(http, host, schemes));
    held.set(host, known);
    return known;
  };
}

/** What the config says for a registry, by its exact host. */
export function configFor(config: RegistriesConfig, registry: string): RegistryOptions | undefined {
  const key = registryKey(registry);
  const name = Object.keys(config).find((host) => registryKey(host) === key);
  return name === undefined ? undefined : config[name];
}

function machineSettings(
  rule: RegistryRule | undefined,
  certificates: RegistryCertificates | undefined,
  registry: string,
  repository: string,
): RegistrySettings {
  const { caFile, clientCert } = certificates ?? {};
  const sources = [rule?.source, certificates?.source].filter((each) => each !== undefined);
  return {
    ...(rule === undefined ? {} : ruleSettings(rule, registry, repository)),
    ...(caFile === undefined ? {} : { caFile }),
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(sources.length === 0 ? {} : { source: sources.join(', ') }),
  };
}

function ruleSettings(rule: RegistryRule, registry: string, repository: string): RegistrySettings {
  const { blocked, insecure, location, mirrors } = rule;
  const own = { location, insecure, pulls: 'all' } as const;
  const moved = location !== '' && location !== rule.prefix;
  return {
    ...(blocked ? { blocked } : {}),
    ...(insecure ? { insecure } : {}),
    ...(mirrors.length === 0
      ? {}
      : { mirrors: mirrors.map((mirror) => locate(rule, mirror, registry, repository)) }),
    ...(moved ? { servedAt: locate(rule, own, registry, repository) } : {}),
  };
}

function withConfig(
  machine: RegistrySettings,
  said: RegistryOptions,
  root: string,
): RegistrySettings {
  const { plainHttp, mirrors, ca, clientCert } = said;
  const sources = ['config', ...(machine.source === undefined ? [] : [machine.source])];
  return {
    ...machine,
    ...(plainHttp === undefined ? {} : { plainHttp }),
    ...(mirrors === undefined ? {} : { mirrors: mirrors.map(configMirror) }),
    ...(ca === undefined ? {} : { caFile: resolve(root, ca) }),
    ...(clientCert === undefined
      ? {}
      : {
          clientCert: {
            certFile: resolve(root, clientCert.cert),
            keyFile: resolve(root, clientCert.key),
          },
        }),
    source: sources.join(', '),
  };
}

/** A mirror of the config: its own settings are looked up by its own host. */
function configMirror(location: string): { location: string } {
  return { location };
}
