import type { TargetView } from '@mlcontainer/plugin-kit';
import type { CloudRunSettings, ProbeOptions } from './options.ts';
import { cpuQuantity } from './resources.ts';

type Settings = CloudRunSettings;

/** A Knative service as Cloud Run takes it: `serving.knative.dev/v1`, for `gcloud run services replace`. */
export function knativeService(settings: Settings, plan: TargetView): object {
  const { traffic } = settings;
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: {
      name: settings.service ?? plan.name,
      ...optional('namespace', settings.project),
      ...optional('labels', serviceLabels(settings)),
      ...optional('annotations', serviceAnnotations(settings)),
    },
    spec: {
      template: {
        metadata: {
          ...optional('labels', sorted(settings.labels)),
          annotations: revisionAnnotations(settings),
        },
        spec: revision(settings, plan),
      },
      ...(traffic.length === 0 ? {} : { traffic: traffic.map(share) }),
    },
  };
}

/** The key with its value, or nothing where the value is undefined or an object without keys. */
function optional(key: string, value: unknown): object {
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return value === undefined || isEmpty ? {} : { [key]: value };
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function serviceLabels({ labels, region }: Settings): Record<string, string> {
  return sorted({
    ...labels,
    ...(region === undefined ? {} : { 'cloud.googleapis.com/location': region }),
  });
}

function serviceAnnotations({ description, ingress }: Settings): object {
  return {
    ...optional('run.googleapis.com/description', description),
    'run.googleapis.com/ingress': ingress,
  };
}

/** Annotations are strings, also where they mean a number or a truth value. */
function revisionAnnotations(settings: Settings): object {
  const { minInstances, maxInstances, gpu } = settings;
  return sorted<string>({
    ...optional('autoscaling.knative.dev/minScale', minInstances?.toString()),
    ...optional('autoscaling.knative.dev/maxScale', maxInstances?.toString()),
    ...optional('run.googleapis.com/execution-environment', settings.executionEnvironment),
    // One zone more costs a second GPU; those who want it say so in the console.
    ...(gpu === undefined ? {} : { 'run.googleapis.com/gpu-zonal-redundancy-disabled': 'true' }),
    'run.googleapis.com/cpu-throttling': String(settings.cpuAllocation === 'request'),
    'run.googleapis.com/startup-cpu-boost': String(settings.startupCpuBoost),
  });
}

function revision(settings: Settings, plan: TargetView): object {
  const { gpu } = settings;
  return {
    containerConcurrency: settings.concurrency,
    timeoutSeconds: settings.timeoutSeconds,
    ...optional('serviceAccountName', settings.serviceAccount),
    ...(gpu === undefined ? {} : { nodeSelector: { 'run.googleapis.com/accelerator': gpu } }),
    containers: [container(settings, plan)],
  };
}

function container(settings: Settings, plan: TargetView): object {
  const { routes, port } = plan;
  const { startupProbe, livenessProbe } = settings;
  return {
    image: plan.image,
    ports: [{ name: 'http1', containerPort: port }],
    ...optional('env', environment(settings)),
    resources: { limits: limits(settings) },
    startupProbe: probe(startupProbe, routes.ready, port),
    ...(livenessProbe ? { livenessProbe: probe(livenessProbe, routes.live, port) } : {}),
  };
}

function limits({ cpu, memory, gpu }: Settings): object {
  return { cpu: cpuQuantity(cpu), memory, ...(gpu === undefined ? {} : { 'nvidia.com/gpu': '1' }) };
}

function environment({ env, secrets }: Settings): readonly object[] {
  const plain = Object.entries(env).map(([name, value]) => ({ name, value }));
  const secret = Object.entries(secrets).map(([name, { secret: from, version = 'latest' }]) => ({
    name,
    valueFrom: { secretKeyRef: { name: from, key: version } },
  }));
  return [...plain, ...secret].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function probe(options: Required<ProbeOptions>, path: string, port: number): object {
  const { initialDelaySeconds, ...times } = options;
  return {
    ...(initialDelaySeconds === 0 ? {} : { initialDelaySeconds }),
    ...times,
    httpGet: { path, port },
  };
}

function share({ revision: name, percent, tag }: Settings['traffic'][number]): object {
  return {
    ...(name === undefined ? { latestRevision: true } : { revisionName: name }),
    percent,
    ...optional('tag', tag),
  };
}
