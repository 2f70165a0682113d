import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from './project.ts';

/** Replaces a project's config by one with more options, as TypeScript text. */
export async function configure(
  project: Project,
  options: string,
  model = 'model.joblib',
): Promise<void> {
  const lines = [
    "import { debian, defineConfig } from 'mlcontainer';",
    "import { sklearn } from '@mlcontainer/framework-sklearn';",
    'const base = debian;',
    `export default defineConfig({ model: '${model}', plugins: [sklearn()], ${options} });`,
  ];
  await writeFile(join(project.folder, 'mlcontainer.config.ts'), `${lines.join('\n')}\n`);
}

/** Replaces the config of the diabetes project by one on a base image of a registry that speaks http. */
export async function configureBase(project: Project, host: string, base: string): Promise<void> {
  const lines = [
    "import { defineConfig, image } from 'mlcontainer';",
    "import { sklearn } from '@mlcontainer/framework-sklearn';",
    'export default defineConfig({',
    `  name: 'diabetes', model: 'model.joblib', plugins: [sklearn()], base: image('${host}/${base}'),`,
    `  registries: { '${host}': { plainHttp: true } },`,
    '});',
  ];
  await writeFile(join(project.folder, 'mlcontainer.config.ts'), `${lines.join('\n')}\n`);
}
