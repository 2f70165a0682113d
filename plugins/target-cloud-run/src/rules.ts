import { mlcError, type MlcError, type TargetView } from '@mlcontainer/plugin-kit';
import type { CloudRunSettings, ProbeOptions } from './options.ts';
import { memoryBytes, memoryRange } from './resources.ts';

/** A rule of Cloud Run that the options break. */
export interface BrokenRule {
  /** The option that stands in the way. */
  readonly path: readonly string[];
  readonly error: MlcError;
}

type Rule = (settings: CloudRunSettings) => readonly BrokenRule[];

function broken(path: string, error: MlcError): BrokenRule {
  return { path: path.split('.'), error };
}

const serviceName: Rule = ({ service }) =>
  service === undefined || isServiceName(service)
    ? []
    : [broken('service', mlcError('MLC9001', { name: service }))];

/** google.cloud.run.v2.CreateServiceRequest.service_id. */
export function isServiceName(name: string): boolean {
  return /^[a-z](?:[a-z0-9-]{0,47}[a-z0-9])?$/.test(name);
}

const cpuAndMemory: Rule = ({ cpu, memory }) => {
  const range = memoryRange(cpu);
  if (range === undefined) return [broken('cpu', mlcError('MLC9002', { cpu }))];
  const bytes = memoryBytes(memory);
  const fits = bytes >= memoryBytes(range.least) && bytes <= memoryBytes(range.most);
  return fits ? [] : [broken('memory', mlcError('MLC9003', { memory, cpu, ...range }))];
};

const partOfCpu: Rule = (settings) => {
  const { cpu, concurrency, executionEnvironment, cpuAllocation } = settings;
  if (cpu >= 1) return [];
  const found: BrokenRule[] = [];
  const needsCpu = (path: string, what: string) =>
    found.push(broken(path, mlcError('MLC9005', { cpu, what })));
  if (concurrency > 1) {
    found.push(broken('concurrency', mlcError('MLC9004', { cpu, concurrency })));
  }
  if (executionEnvironment === 'gen2') needsCpu('executionEnvironment', 'The gen2 environment');
  if (cpuAllocation === 'always') needsCpu('cpuAllocation', 'CPU all the time');
  return found;
};

const secondGeneration: Rule = ({ executionEnvironment, memory }) =>
  executionEnvironment === 'gen2' && memoryBytes(memory) < memoryBytes('512Mi')
    ? [broken('memory', mlcError('MLC9017', { memory }))]
    : [];

const instances: Rule = ({ minInstances = 0, maxInstances = Infinity }) =>
  minInstances > maxInstances
    ? [broken('minInstances', mlcError('MLC9006', { least: minInstances, most: maxInstances }))]
    : [];

const probes: Rule = ({ startupProbe, livenessProbe }) => {
  const { initialDelaySeconds, periodSeconds, failureThreshold } = startupProbe;
  const seconds = initialDelaySeconds + periodSeconds * failureThreshold;
  const tooLong = seconds > 240 ? [broken('startupProbe', mlcError('MLC9007', { seconds }))] : [];
  const liveness = livenessProbe ? probeTimeout('liveness', livenessProbe) : [];
  return [...tooLong, ...probeTimeout('startup', startupProbe), ...liveness];
};

function probeTimeout(probe: string, options: Required<ProbeOptions>): BrokenRule[] {
  const { timeoutSeconds: timeout, periodSeconds: period } = options;
  if (timeout <= period) return [];
  const error = mlcError('MLC9008', { probe, timeout, period });
  return [broken(`${probe}Probe.timeoutSeconds`, error)];
}

/** Cloud Run, "Container runtime contract", environment variables. */
const RESERVED = ['PORT', 'K_SERVICE', 'K_REVISION', 'K_CONFIGURATION'];

const environment: Rule = ({ env, secrets }) => {
  const refused = (key: string, name: string, why: string) =>
    broken(`${key}.${name}`, mlcError('MLC9010', { name, why }));
  const reserved = [...named('env', env), ...named('secrets', secrets)]
    .filter(({ name }) => RESERVED.includes(name))
    .map(({ key, name }) => refused(key, name, 'Cloud Run sets it itself'));
  const long = Object.entries(env)
    .filter(([, value]) => new TextEncoder().encode(value).length > 32_768)
    .map(([name]) => refused('env', name, 'its value is longer than 32768 bytes'));
  const twice = Object.keys(secrets)
    .filter((name) => name in env)
    .map((name) => refused('secrets', name, 'it stands in `env` too'));
  return [...reserved, ...long, ...twice];
};

function named(key: string, record: object) {
  return Object.keys(record).map((name) => ({ key, name }));
}

const traffic: Rule = ({ traffic: shares }) => {
  if (shares.length === 0) return [];
  const percent = shares.reduce((sum, share) => sum + share.percent, 0);
  const sum = percent === 100 ? [] : [broken('traffic', mlcError('MLC9011', { percent }))];
  return [
    ...sum,
    ...twiceIn(
      'tag',
      shares.map((share) => share.tag),
    ),
  ];
};

function twiceIn(what: string, values: readonly (string | undefined)[]): BrokenRule[] {
  const known = values.filter((value) => value !== undefined);
  const twice = known.find((value, index) => known.indexOf(value) !== index);
  if (twice === undefined) return [];
  return [broken('traffic', mlcError('MLC9012', { detail: `the ${what} ${twice} stands twice` }))];
}

const graphics: Rule = ({ gpu, cpu, memory, cpuAllocation }) => {
  if (gpu === undefined) return [];
  const enough = cpu >= 4 && memoryBytes(memory) >= memoryBytes('16Gi');
  const resources = enough ? [] : [broken('gpu', mlcError('MLC9014', { gpu, cpu, memory }))];
  const billing =
    cpuAllocation === 'always' ? [] : [broken('cpuAllocation', mlcError('MLC9015', { what: gpu }))];
  return [...resources, ...billing];
};

/** Prefixes that only Google's own systems may write. */
const OWN_PREFIXES = [
  'run.googleapis.com',
  'cloud.googleapis.com',
  'serving.knative.dev',
  'autoscaling.knative.dev',
  'goog-',
];

const labels: Rule = ({ labels: given }) =>
  Object.entries(given).flatMap(([key, value]) => {
    const why = labelProblem(key, value);
    return why === undefined ? [] : [broken(`labels.${key}`, mlcError('MLC9018', { key, why }))];
  });

function labelProblem(key: string, value: string): string | undefined {
  if (OWN_PREFIXES.some((prefix) => key.startsWith(prefix))) return 'the prefix is reserved';
  if (!/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key)) return 'the key has another form';
  return /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value) ? undefined : 'the value has another form';
}

const RULES: readonly Rule[] = [
  serviceName,
  cpuAndMemory,
  partOfCpu,
  secondGeneration,
  instances,
  probes,
  environment,
  traffic,
  graphics,
  labels,
];

/** Every rule that the options break on their own, whatever the plan is. */
export function brokenRules(settings: CloudRunSettings): BrokenRule[] {
  return RULES.flatMap((rule) => rule(settings));
}

/** Every rule that the plan breaks together with the options. */
export function brokenByPlan(settings: CloudRunSettings, plan: TargetView): MlcError[] {
  const found: MlcError[] = [];
  const name = settings.service ?? plan.name;
  if (!isServiceName(name)) found.push(mlcError('MLC9001', { name }));
  if (!plan.platforms.some(({ architecture }) => architecture === 'amd64')) {
    const platforms = plan.platforms.map(({ os, architecture }) => `${os}/${architecture}`);
    found.push(mlcError('MLC9013', { platforms: platforms.join(', ') }));
  }
  if (plan.uses.includes('gpu') && settings.gpu === undefined) found.push(mlcError('MLC9016', {}));
  const reserved = Object.values(plan.routes).filter(isReservedPath);
  return [...found, ...reserved.map((path) => mlcError('MLC9009', { path }))];
}

/** Cloud Run, "Known issues": reserved URL paths. */
export function isReservedPath(path: string): boolean {
  return path === '/eventlog' || path.startsWith('/_ah/') || path.endsWith('z');
}
