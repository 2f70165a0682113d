/**
 * The fields of a Cloud Run service in its v1 form, as `gcloud run services replace` checks them
 * (run_v1_messages of the Google Cloud SDK): an unknown or mistyped field is an error there and here.
 */
export type Field =
  | 'string'
  | 'integer'
  | 'boolean'
  | { readonly of: Readonly<Record<string, Field>> }
  | { readonly list: Field }
  | { readonly keys: readonly string[] }
  | 'labels'
  | { readonly const: string };

const object = (of: Readonly<Record<string, Field>>): Field => ({ of });
const list = (item: Field): Field => ({ list: item });

const PROBE = object({
  initialDelaySeconds: 'integer',
  timeoutSeconds: 'integer',
  periodSeconds: 'integer',
  failureThreshold: 'integer',
  httpGet: object({ path: 'string', port: 'integer' }),
});

const CONTAINER = object({
  image: 'string',
  ports: list(object({ name: 'string', containerPort: 'integer' })),
  env: list(
    object({
      name: 'string',
      value: 'string',
      valueFrom: object({ secretKeyRef: object({ name: 'string', key: 'string' }) }),
    }),
  ),
  resources: object({ limits: { keys: ['cpu', 'memory', 'nvidia.com/gpu'] } }),
  startupProbe: PROBE,
  livenessProbe: PROBE,
});

const SERVICE_ANNOTATIONS = [
  'launch-stage',
  'description',
  'ingress',
  'binary-authorization',
  'binary-authorization-breakglass',
  'minScale',
  'maxScale',
  'scalingMode',
  'manualInstanceCount',
  'invoker-iam-disabled',
  'iap-enabled',
  'custom-audiences',
  'default-url-disabled',
].map((name) => `run.googleapis.com/${name}`);

const TEMPLATE_ANNOTATIONS = [
  'cpu-throttling',
  'startup-cpu-boost',
  'execution-environment',
  'gpu-zonal-redundancy-disabled',
  'sessionAffinity',
  'network-interfaces',
  'vpc-access-connector',
  'vpc-access-egress',
  'encryption-key',
  'container-dependencies',
  'health-check-disabled',
  'secrets',
  'cloudsql-instances',
].map((name) => `run.googleapis.com/${name}`);

export const SERVICE: Field = object({
  apiVersion: { const: 'serving.knative.dev/v1' },
  kind: { const: 'Service' },
  metadata: object({
    name: 'string',
    namespace: 'string',
    labels: 'labels',
    annotations: { keys: SERVICE_ANNOTATIONS },
  }),
  spec: object({
    template: object({
      metadata: object({
        labels: 'labels',
        annotations: {
          keys: [
            ...TEMPLATE_ANNOTATIONS,
            'autoscaling.knative.dev/minScale',
            'autoscaling.knative.dev/maxScale',
          ],
        },
      }),
      spec: object({
        containerConcurrency: 'integer',
        timeoutSeconds: 'integer',
        serviceAccountName: 'string',
        nodeSelector: { keys: ['run.googleapis.com/accelerator'] },
        containers: list(CONTAINER),
      }),
    }),
    traffic: list(
      object({
        revisionName: 'string',
        latestRevision: 'boolean',
        percent: 'integer',
        tag: 'string',
      }),
    ),
  }),
});

/** Every place where a value departs from the fields, as `path: what`. */
export function departures(value: unknown, field: Field, path = ''): string[] {
  if (field === 'integer') return Number.isInteger(value) ? [] : [`${path}: no integer`];
  if (field === 'labels') return departures(value, { keys: Object.keys(value as object) }, path);
  if (typeof field === 'string') return typeof value === field ? [] : [`${path}: no ${field}`];
  if ('const' in field) return value === field.const ? [] : [`${path}: not ${field.const}`];
  if ('list' in field) {
    if (!Array.isArray(value)) return [`${path}: no list`];
    return value.flatMap((item, index) => departures(item, field.list, `${path}[${index}]`));
  }
  const known: Readonly<Record<string, Field>> =
    'of' in field ? field.of : Object.fromEntries(field.keys.map((key) => [key, 'string']));
  return Object.entries(value as object).flatMap(([key, inner]) => {
    const of = known[key];
    return of === undefined ? [`${path}.${key}: unknown`] : departures(inner, of, `${path}.${key}`);
  });
}
