import { fetchOptions, projectOptions } from '../command/global-options.ts';
import { defineCommand } from '../command/types.ts';

export const artifactCommand = defineCommand({
  name: 'artifact',
  group: 'Deploy',
  summary: 'Push, pull, attach, discover or copy files and images as OCI artifacts',
  details:
    'A reference is registry/repository:tag, oci:folder:tag (a layout) or oci-archive:file, with @sha256:… in place of ' +
    'the tag. Artifacts are those of ORAS: its clients read them, and theirs are read here. ' +
    'A copy keeps every digest. A pull writes inside the folder alone, and over nothing unless --force says so.',
  args: [
    {
      name: 'action',
      required: true,
      choices: ['push', 'pull', 'attach', 'discover', 'copy'],
      does: 'push, pull, attach (to what is there), discover (what is attached), copy',
    },
    { name: 'reference', required: true, does: 'The artifact, or what it is attached to' },
    {
      name: 'more',
      rest: true,
      does: 'push, attach: files and folders, each as path or path:media/type. pull: the folder, . when left out. copy: where to',
    },
  ],
  options: {
    type: {
      type: 'text',
      short: 't',
      value: 'media/type',
      does: 'push, attach: the type of the artifact. discover: only artifacts of this type',
    },
    annotation: {
      type: 'list',
      short: 'a',
      value: 'name=value',
      does: 'push, attach: annotations of the manifest',
    },
    created: {
      type: 'text',
      value: 'time',
      does: 'push, attach: a time (RFC 3339) for the manifest; none when left out, so that equal files are one artifact',
    },
    force: { type: 'flag', short: 'f', does: 'pull: replace what is in the way' },
    referrers: { type: 'flag', short: 'r', does: 'copy: also what is attached, and to that again' },
    platform: {
      type: 'list',
      short: 'p',
      value: 'os/arch',
      does: 'copy: of an index these images alone; the new index has another digest',
    },
    config: {
      ...projectOptions.config,
      does: 'Reach registries as this config says; without it, as the machine is set up',
    },
    'cache-dir': fetchOptions['cache-dir'],
  },
  examples: [
    {
      run: 'mlcontainer artifact push registry.example.com/team/report:v1 report.json:application/json plots',
      does: 'A file with its type, and a folder',
    },
    {
      run: 'mlcontainer artifact pull registry.example.com/team/report:v1 out',
      does: 'Get them back',
    },
    {
      run: 'mlcontainer artifact attach registry.example.com/team/churn:v3 sbom.json --type application/spdx+json',
      does: 'Let an SBOM belong to an image',
    },
    {
      run: 'mlcontainer artifact discover registry.example.com/team/churn:v3',
      does: 'What belongs to an image',
    },
    {
      run: 'mlcontainer artifact copy oci:dist/churn/image registry.example.com/team/churn:v3',
      does: 'From a layout to a registry',
    },
    {
      run: 'mlcontainer artifact copy registry.example.com/team/churn:v3 oci:backup:v3 --referrers',
      does: 'With everything that belongs to it',
    },
  ],
});
