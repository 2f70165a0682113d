import { CI_SYSTEMS } from '../ci/types.ts';
import { fetchOptions } from '../command/global-options.ts';
import { defineCommand } from '../command/types.ts';

export const initCommand = defineCommand({
  name: 'init',
  group: 'Start',
  summary: 'Write mlcontainer.config.ts for a model file, or files for a CI system',
  details:
    'Finds the model, reads what it is, and writes a config for it. Asks nothing in CI or with --yes. ' +
    'With --ci also the files of CI systems; where there is a config already, these alone.',
  args: [{ name: 'model', does: 'The exported model; looked for when left out' }],
  options: {
    force: { type: 'flag', short: 'f', does: 'Replace files that are there' },
    yes: { type: 'flag', short: 'y', does: 'Ask nothing' },
    target: {
      type: 'list',
      value: 'target',
      choices: ['cloud-run'],
      does: 'Also emit specs for a deployment target',
    },
    ci: {
      type: 'list',
      value: 'system',
      choices: CI_SYSTEMS,
      does: 'Write what a CI system needs to build and push without any privilege',
    },
  },
  examples: [
    { run: 'mlcontainer init', does: 'For the one model in this folder' },
    { run: 'mlcontainer init models/churn.pkl', does: 'For this model' },
    { run: 'mlcontainer init --target cloud-run', does: 'With a spec for Cloud Run' },
    { run: 'mlcontainer init --ci github', does: 'With a workflow for GitHub Actions' },
  ],
});

export const cacheCommand = defineCommand({
  name: 'cache',
  group: 'Tool',
  summary: 'Show or clear the store of inputs and layers',
  args: [{ name: 'action', choices: ['info', 'prune'], does: 'info (when left out) or prune' }],
  options: {
    'cache-dir': fetchOptions['cache-dir'],
    'older-than': {
      type: 'text',
      value: 'days',
      does: 'With prune: only what was not used for so many days; 30 when left out, 0 for all',
    },
  },
  examples: [
    { run: 'mlcontainer cache', does: 'Where it is and what it holds' },
    { run: 'mlcontainer cache prune --older-than 7', does: 'Remove what a week did not need' },
  ],
});

export const schemaCommand = defineCommand({
  name: 'schema',
  group: 'Tool',
  summary: 'Print the JSON Schema of the config',
  args: [],
  options: {},
  examples: [
    { run: 'mlcontainer schema > mlcontainer.schema.json', does: 'For an editor or a linter' },
  ],
});

export const completionCommand = defineCommand({
  name: 'completion',
  group: 'Tool',
  summary: 'Print the completion script of a shell',
  args: [
    { name: 'shell', required: true, choices: ['bash', 'zsh', 'fish'], does: 'bash, zsh or fish' },
  ],
  options: {},
  examples: [
    {
      run: 'mlcontainer completion bash > ~/.local/share/bash-completion/completions/mlcontainer',
      does: 'bash',
    },
    { run: 'mlcontainer completion zsh > "${fpath[1]}/_mlcontainer"', does: 'zsh' },
    {
      run: 'mlcontainer completion fish > ~/.config/fish/completions/mlcontainer.fish',
      does: 'fish',
    },
  ],
});

export const versionCommand = defineCommand({
  name: 'version',
  group: 'Tool',
  summary: 'Print the version',
  args: [],
  options: {},
  examples: [
    { run: 'mlcontainer --version', does: 'The version alone' },
    { run: 'mlcontainer version --json', does: 'With Node and platform, for a bug report' },
  ],
});

export const helpCommand = defineCommand({
  name: 'help',
  group: 'Tool',
  summary: 'Show help for the tool or a command',
  args: [{ name: 'command', does: 'The command to explain' }],
  options: {},
  examples: [
    { run: 'mlcontainer help build', does: 'The same as `mlcontainer build --help`' },
    { run: 'mlcontainer help --json', does: 'Every command, option and example as data' },
  ],
});
