import { packageProject } from '@mlcontainer/config-vitest';

export default packageProject('config-wasm');
