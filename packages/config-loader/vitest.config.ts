import { packageProject } from '@mlcontainer/config-vitest';

const project = packageProject('config-loader');

// The config of a test is imported as Node imports it: vitest would unwrap its default export.
export default { ...project, test: { ...project.test, deps: { interopDefault: false } } };
