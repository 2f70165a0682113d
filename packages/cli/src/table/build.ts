import {
  fetchOptions,
  frozenOption,
  platformOption,
  projectOptions,
  vendoredOption,
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
    ...vendoredOption,
    plan: { type: 'text', value: 'file', does: 'Build a frozen plan; no config is read or run' },
    output: {
      type: 'list',
      short: 'o',
      value: 'kind',
      choices: ['layout', 'archive', 'registry'],
      does: 'layout (when left out), archive (with it image.tar, which docker, podman and skopeo load), registry (push; alone it writes no layout)',
    },
    tag: {
      type: 'list',
      short: 't',
      value: 'tag',
      does: 'With registry: tags; latest when left out',
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
    { run: 'mlcontainer build --output layout,registry', does: 'Build, and push in the same go' },
    {
      run: 'mlcontainer build --platform linux/amd64,linux/arm64',
      does: 'Two platforms, one index',
    },
    { run: 'mlcontainer build --json 2>events.ndjson | jq .digest', does: 'For a script' },
  ],
});

export const pushCommand = defineCommand({
  name: 'push',
  group: 'Build',
  summary: 'Build what the registry lacks, and push the image',
  details:
    'Layers that the registry has already are neither downloaded nor built: the lock knows their digests. Writes the ' +
    'specs and build.json, but no layout. The reference by digest goes to stdout.',
  args: [
    {
      name: 'reference',
      does: 'registry/repository[:tag], instead of the `image` of the config',
    },
  ],
  options: {
    ...projectOptions,
    ...platformOption,
    ...frozenOption,
    ...vendoredOption,
    'cache-dir': fetchOptions['cache-dir'],
    plan: { type: 'text', value: 'file', does: 'Push a frozen plan; no config is read or run' },
    tag: { type: 'list', short: 't', value: 'tag', does: 'Tags; latest when left out' },
    out: {
      type: 'text',
      value: 'folder',
      does: 'Where specs and build.json go; dist when left out',
    },
  },
  examples: [
    { run: 'mlcontainer push', does: 'To the repository of the config, tagged latest' },
    { run: 'mlcontainer push --tag v3,stable', does: 'With two tags' },
    {
      run: 'mlcontainer push registry.example.com/team/churn:$CI_COMMIT_SHA --frozen',
      does: 'In CI: another repository, and only what the lock pins',
    },
    {
      run: 'mlcontainer push --json | jq .pushed',
      does: 'What was sent, mounted and already there',
    },
  ],
});

export const vendorCommand = defineCommand({
  name: 'vendor',
  group: 'Build',
  summary: 'Pack every locked input into one artifact, to carry in or to push',
  details:
    'For machines that reach no index and no mirror: `build --vendored` takes its inputs from the bundle, each proved ' +
    'by the hash in the lock. The bundle is an OCI artifact; the same lock gives the same digest.',
  args: [
    {
      name: 'place',
      does: 'A file, or registry/repository:tag to push to; mlcontainer.vendor.tar when left out',
    },
  ],
  options: {
    ...projectOptions,
    ...platformOption,
    ...frozenOption,
    'cache-dir': fetchOptions['cache-dir'],
    plan: { type: 'text', value: 'file', does: 'Of a frozen plan; no config is read or run' },
    push: { type: 'flag', does: 'The place is a repository, not a file' },
  },
  examples: [
    { run: 'mlcontainer vendor', does: 'Write mlcontainer.vendor.tar' },
    {
      run: 'mlcontainer build --frozen --offline --vendored mlcontainer.vendor.tar',
      does: 'Build from it, with no network at all',
    },
    {
      run: 'mlcontainer vendor --push registry.example.com/team/churn-inputs:main',
      does: 'Keep the inputs in the internal registry',
    },
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
