import {
  fetchOptions,
  frozenOption,
  platformOption,
  projectOptions,
} from '../command/global-options.ts';
import { defineCommand } from '../command/types.ts';

export const planCommand = defineCommand({
  name: 'plan',
  group: 'Build',
  summary: 'Decide everything, fetch nothing, and show it',
  details:
    'With --json the plan itself: a frozen plan that `build --plan` takes without running any config.',
  args: [],
  options: {
    ...projectOptions,
    ...platformOption,
    diff: { type: 'text', value: 'old.json', does: 'Show what changed since an older plan' },
    hosts: { type: 'flag', does: 'Show the hosts that a build would ask' },
  },
  examples: [
    { run: 'mlcontainer plan', does: 'What would be built, in short' },
    { run: 'mlcontainer plan --json > plan.json', does: 'Freeze the plan for CI' },
    { run: 'mlcontainer plan --diff plan.json', does: 'What changed since' },
    { run: 'mlcontainer plan --hosts', does: 'What a firewall has to let through' },
  ],
});

export const lockCommand = defineCommand({
  name: 'lock',
  group: 'Build',
  summary: 'Pin every input in mlcontainer.lock',
  details: 'What the lock already answers stays as it is; --update resolves everything anew.',
  args: [],
  options: {
    ...projectOptions,
    ...fetchOptions,
    ...platformOption,
    ...frozenOption,
    update: { type: 'flag', short: 'u', does: 'Take the newest versions that fit' },
  },
  examples: [
    { run: 'mlcontainer lock', does: 'Write or complete the lock' },
    { run: 'mlcontainer lock --update', does: 'Take newer inputs' },
    { run: 'mlcontainer lock --frozen', does: 'Only check that the lock fits (for CI)' },
  ],
});

export const buildCommand = defineCommand({
  name: 'build',
  group: 'Build',
  summary: 'Build the image and the deployment specs',
  details:
    'Writes <out>/<name>/: image/ (OCI layout), targets/ (specs), build.json (digests, sizes, what was reused). ' +
    'The reference of the image goes to stdout; with --json the content of build.json.',
  args: [],
  options: {
    ...projectOptions,
    ...fetchOptions,
    ...platformOption,
    ...frozenOption,
    plan: { type: 'text', value: 'file', does: 'Build a frozen plan; no config is read or run' },
    output: {
      type: 'list',
      short: 'o',
      value: 'kind',
      choices: ['layout', 'archive'],
      does: 'layout (always written), archive (image.tar that docker, podman and skopeo load)',
    },
    out: { type: 'text', value: 'folder', does: 'Where to write; dist when left out' },
  },
  examples: [
    { run: 'mlcontainer build', does: 'Build into dist/<name>' },
    { run: 'mlcontainer build --output archive', does: 'Also write image.tar' },
    {
      run: 'mlcontainer build --plan plan.json --frozen',
      does: 'In CI, without running any config',
    },
    {
      run: 'mlcontainer build --platform linux/amd64,linux/arm64',
      does: 'Two platforms, one index',
    },
    { run: 'mlcontainer build --json 2>events.ndjson | jq .digest', does: 'For a script' },
  ],
});

export const runCommand = defineCommand({
  name: 'run',
  group: 'Build',
  summary: 'Start the built image and wait until it is ready',
  details:
    'Uses docker, podman, crun, runc, a user namespace or chroot, whichever is there. Ctrl-C stops the container.',
  args: [],
  options: {
    ...projectOptions,
    name: {
      type: 'text',
      short: 'n',
      value: 'name',
      does: 'The image in <out>/<name>, instead of the config’s',
    },
    out: { type: 'text', value: 'folder', does: 'Where the build wrote; dist when left out' },
    platform: {
      type: 'text',
      short: 'p',
      value: 'os/arch',
      choices: ['linux/amd64', 'linux/arm64'],
      does: "Instead of this machine's",
    },
    engine: {
      type: 'text',
      value: 'engine',
      choices: ['docker', 'podman', 'crun', 'runc', 'userns', 'chroot'],
      does: 'Instead of the first that works',
    },
    port: { type: 'text', value: 'port', does: 'On this machine; 8080 when left out, 0 for any' },
    env: { type: 'list', short: 'e', value: 'NAME=value', does: 'Environment of the container' },
    'cache-dir': fetchOptions['cache-dir'],
  },
  examples: [
    { run: 'mlcontainer run', does: 'Start the image of this project' },
    { run: 'mlcontainer run --port 9000 --engine podman', does: 'Another port, a certain engine' },
    {
      run: 'mlcontainer run --json | jq -r .url',
      does: 'For a script: one document when it is ready',
    },
  ],
});
