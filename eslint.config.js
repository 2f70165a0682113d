import { workspaceConfig } from '@mlcontainer/config-eslint';

export default workspaceConfig(import.meta.dirname);
