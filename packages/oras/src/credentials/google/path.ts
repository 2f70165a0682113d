import { join } from 'node:path';

import { variable, type Env } from '../look.ts';

/** Where the file of application default credentials is looked for, and whether the user named it. */
export interface CredentialsPath {
  readonly path: string;
  readonly named: boolean;
}

/** The file of GOOGLE_APPLICATION_CREDENTIALS, or that of gcloud; undefined without a HOME. */
export function credentialsPath(env: Env): CredentialsPath | undefined {
  const named = variable(env, 'GOOGLE_APPLICATION_CREDENTIALS');
  if (named !== undefined) return { path: named, named: true };
  const home = variable(env, 'HOME');
  const folder = variable(env, 'CLOUDSDK_CONFIG') ?? (home && join(home, '.config', 'gcloud'));
  if (folder === undefined) return undefined;
  return { path: join(folder, 'application_default_credentials.json'), named: false };
}
