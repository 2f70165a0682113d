import { describe, expect, it } from 'vitest';
import { documentedExamples, examplesOf, faultsOf } from '../src/docs/examples.ts';

const MARKDOWN = `# Title

\`\`\`ts
import { defineConfig, nothingOfThatName } from 'mlcontainer';
export default defineConfig({ name, model: 1 });
\`\`\`

\`\`\`sh
npm test
\`\`\`

\`\`\`ts
bytecode: 'yes',
\`\`\`
`;

describe('examples of the documentation', () => {
  it('are found by their lines', () => {
    expect(examplesOf('a.md', MARKDOWN).map(({ file, line }) => `${file}:${line}`)).toEqual([
      'a.md:4',
      'a.md:13',
    ]);
  });

  it('are checked, whole modules and parts of a config', () => {
    const faults = faultsOf(examplesOf('a.md', MARKDOWN));
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual(['a.md:4', 'a.md:5', 'a.md:13']);
    expect(faults[0]).toContain('nothingOfThatName');
  });

  it('fit the packages that they use', async () => {
    const examples = await documentedExamples();
    expect(examples.length).toBeGreaterThan(20);
    expect(faultsOf(examples)).toEqual([]);
  });
});
