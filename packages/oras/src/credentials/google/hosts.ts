/** Container Registry's own names (cloud.google.com/artifact-registry/docs/transition). */
const CONTAINER_REGISTRY: ReadonlySet<string> = new Set([
  'gcr.io',
  'us.gcr.io',
  'eu.gcr.io',
  'asia.gcr.io',
]);

/**
 * Locations of Artifact Registry (cloud.google.com/artifact-registry/docs/repositories/repo-locations). A list and no
 * pattern, so that a token goes to no host that only looks alike; a new location is named in the config.
 */
const LOCATIONS: ReadonlySet<string> = new Set([
  ...['africa-south1', 'asia', 'asia-east1', 'asia-east2', 'asia-northeast1', 'asia-northeast2'],
  ...['asia-northeast3', 'asia-south1', 'asia-south2', 'asia-southeast1', 'asia-southeast2'],
  ...['asia-southeast3', 'australia-southeast1', 'australia-southeast2', 'europe'],
  ...['europe-central2', 'europe-north1', 'europe-north2', 'europe-southwest1', 'europe-west1'],
  ...['europe-west2', 'europe-west3', 'europe-west4', 'europe-west6', 'europe-west8'],
  ...['europe-west9', 'europe-west10', 'europe-west12', 'me-central1', 'me-central2', 'me-west1'],
  ...['northamerica-northeast1', 'northamerica-northeast2', 'northamerica-south1'],
  ...['southamerica-east1', 'southamerica-west1', 'us', 'us-central1', 'us-east1', 'us-east4'],
  ...['us-east5', 'us-south1', 'us-west1', 'us-west2', 'us-west3', 'us-west4'],
]);

/** Whether a host is a registry of Google's, by its whole name and on no port but the scheme's own. */
export function isGoogleRegistry(host: string): boolean {
  const location = /^([a-z0-9-]+)-docker\.pkg\.dev$/.exec(host)?.[1];
  return CONTAINER_REGISTRY.has(host) || (location !== undefined && LOCATIONS.has(location));
}
