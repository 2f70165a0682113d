import { platformOption, projectOptions } from '../command/global-options.ts';
import { defineCommand } from '../command/types.ts';

export const inspectCommand = defineCommand({
  name: 'inspect',
  group: 'Understand',
  summary: 'Say what a model file or an image holds, without loading it',
  details:
    'Of a model: framework, exact version, inputs, every global. Of an OCI layout or archive: every digest, ' +
    'diffID and size, recomputed. Exit code 3 when there are findings that would stop a build.',
  args: [
    {
      name: 'path',
      required: true,
      does: 'A model file, an OCI layout folder or an image archive',
    },
  ],
  options: { config: projectOptions.config },
  examples: [
    { run: 'mlcontainer inspect model.joblib', does: 'Framework, version and inputs of a model' },
    { run: 'mlcontainer inspect dist/diabetes/image', does: 'Check an image layout' },
    { run: 'mlcontainer inspect model.joblib --json', does: 'All facts as JSON' },
  ],
});

export const explainCommand = defineCommand({
  name: 'explain',
  group: 'Understand',
  summary: 'Say what was decided, why and by whom',
  args: [{ name: 'subject', does: 'A decision, a layer, a package; all when left out' }],
  options: { ...projectOptions, ...platformOption },
  examples: [
    { run: 'mlcontainer explain', does: 'Every decision' },
    { run: 'mlcontainer explain python', does: 'Why this Python' },
    { run: 'mlcontainer explain numpy', does: 'Who wants numpy, and at which version' },
  ],
});

export const pluginsCommand = defineCommand({
  name: 'plugins',
  group: 'Understand',
  summary: 'List the plugins of the config, or show one',
  args: [
    { name: 'action', choices: ['list', 'info'], does: 'list (when left out) or info' },
    { name: 'name', does: 'The plugin to show' },
  ],
  options: projectOptions,
  examples: [
    { run: 'mlcontainer plugins', does: 'What the config uses' },
    { run: 'mlcontainer plugins info target-cloud-run', does: 'Version, manual and support map' },
  ],
});

export const emitCommand = defineCommand({
  name: 'emit',
  group: 'Deploy',
  summary: 'Print the deployment specs with the digest of the built image',
  args: [{ name: 'target', does: 'One target; all when left out' }],
  options: {
    ...projectOptions,
    plan: { type: 'text', value: 'file', does: 'Of a frozen plan; no config is read or run' },
    out: { type: 'text', value: 'folder', does: 'Where the build wrote; dist when left out' },
    image: {
      type: 'text',
      value: 'repository@sha256:…',
      does: 'Name this image instead of the built one',
    },
  },
  examples: [
    { run: 'mlcontainer emit target-cloud-run > service.yaml', does: 'Write one spec' },
    {
      run: 'mlcontainer emit target-cloud-run | gcloud run services replace -',
      does: 'Hand it to the deployment tool',
    },
  ],
});

export const doctorCommand = defineCommand({
  name: 'doctor',
  group: 'Understand',
  summary: 'Check this machine: store, mirrors, tools, engines',
  details: 'Reports and changes nothing. Exit code 3 when a check fails.',
  args: [],
  options: {},
  examples: [
    { run: 'mlcontainer doctor', does: 'What works here and what to do about the rest' },
    { run: 'mlcontainer doctor --json', does: 'For a bug report' },
  ],
});
