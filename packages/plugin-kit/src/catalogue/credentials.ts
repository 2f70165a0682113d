import { entry } from './entry.ts';

function told(skipped: readonly { source: string; reason: string }[]): string {
  return skipped.map(({ source, reason }) => `${source}: ${reason}`).join('; ');
}

/** MLC680x: credentials of registries. MLC681x: settings of registries on this machine. */
export const credentialsErrors = {
  MLC6801: entry<{ path: string; detail: string }>({
    title: 'Credentials file unusable',
    message: (d) => `The credentials file ${d.path} cannot be used: ${d.detail}.`,
    why: 'The environment names this file, so that going on without it would be a guess.',
    fix: 'Correct the file or its rights, or take the variable out of the environment.',
    exit: 2,
  }),
  MLC6802: entry<{
    registry: string;
    wanted: string;
    skipped: readonly { source: string; reason: string }[];
  }>({
    title: 'Configured credentials not found',
    message: (d) =>
      `The config wants the credentials of ${d.wanted} for ${d.registry}, and there are none (${told(d.skipped) || 'nowhere to look'}).`,
    why: 'What the config names is not replaced by something else.',
    fix: (d) =>
      d.wanted === 'google'
        ? 'Run `gcloud auth application-default login`, set GOOGLE_APPLICATION_CREDENTIALS, or run on a machine with a service account.'
        : 'Log in (docker login, podman login), or install the credential helper that the file names.',
  }),
  MLC6803: entry<{ registry: string; variable: string }>({
    title: 'Credentials variable not set',
    message: (d) =>
      `The config takes the login for ${d.registry} from ${d.variable}, which is not set.`,
    why: 'The push would go on with no credentials at all.',
    fix: 'Set the variable, in CI from its secret store.',
    exit: 2,
  }),
  MLC6811: entry<{ path: string; detail: string }>({
    title: 'Registry settings unusable',
    message: (d) => `${d.path} cannot be used: ${d.detail}.`,
    why: 'It may block a registry or name a mirror or certificate; going on without it would pass over that.',
    fix: 'Correct the file (containers-registries.conf(5), containers-certs.d(5)), or name another by CONTAINERS_REGISTRIES_CONF.',
    exit: 2,
  }),
  MLC6812: entry<{ registry: string; detail: string }>({
    title: 'Registry without https',
    message: (d) => `${d.registry} was asked by https, which did not work (${d.detail}).`,
    why: 'A registry is asked by http only when it is named for that, also on this machine.',
    fix: (d) =>
      `If it speaks http, write into the config: registries: { '${d.registry}': { plainHttp: true } }. Otherwise see that it runs and that its certificate is trusted (\`ca\` beside it).`,
    exit: 75,
  }),
};
