import type { Finding, MlcError } from '@mlcontainer/plugin-kit';

/** An error of the catalogue as a finding. */
export function mlcFinding(error: MlcError, severity: Finding['severity']): Finding {
  const { offset } = error.data;
  return {
    code: error.code,
    severity,
    message: error.message,
    ...(typeof offset === 'number' ? { where: `byte ${offset}` } : {}),
    fix: error.fix,
  };
}
