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
