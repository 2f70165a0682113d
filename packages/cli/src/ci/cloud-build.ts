import { nodeImage, type CiFacts, type CiFile } from './types.ts';

/** The store between builds goes through Cloud Storage, where a bucket is named; gcloud alone comes from elsewhere. */
const GCLOUD = 'gcr.io/cloud-builders/gcloud';

/**
 * A configuration of Cloud Build: the image is pushed as the build's service account, whose token the metadata
 * server gives; nothing is logged in.
 */
export function cloudBuildFiles(facts: CiFacts): readonly CiFile[] {
  return [{ path: 'cloudbuild.yaml', text: head(facts) + steps(facts) }];
}

function head({ image }: CiFacts): string {
  return `# Checks the lock, builds the image and pushes it, without Docker.
# Written by \`mlcontainer init --ci cloud-build\`; change it as you like.
#
# gcloud builds submit --config cloudbuild.yaml --substitutions _TAG=v1
#
# _IMAGE          registry/repository in Artifact Registry. The build's service account needs
#                 roles/artifactregistry.writer there, and roles/logging.logWriter.
# _CACHE_BUCKET   A bucket that keeps the store between builds, by lock; none when empty. A push needs it only after
#                 the lock has changed: layers that the registry has are neither downloaded nor built.
substitutions:
  _IMAGE: us-docker.pkg.dev/\${PROJECT_ID}/models/${image}
  _TAG: \${SHORT_SHA}
  _CACHE_BUCKET: ''

options:
  automapSubstitutions: true
  dynamicSubstitutions: true
  logging: CLOUD_LOGGING_ONLY
  env:
    - MLCONTAINER_CACHE_DIR=/workspace/.mlcontainer-cache

timeout: 1800s

`;
}

function steps(facts: CiFacts): string {
  const node = nodeImage(facts);
  const dir = facts.folder === '' ? '' : `    dir: ${JSON.stringify(facts.folder)}\n`;
  return `steps:
  - id: restore
    name: ${GCLOUD}
${dir}    script: |
      #!/usr/bin/env bash
      set -euo pipefail
      mkdir -p "$MLCONTAINER_CACHE_DIR"
      [ -n "$_CACHE_BUCKET" ] || exit 0
      lock=$(sha256sum mlcontainer.lock | cut -c 1-64)
      if gcloud storage cp "gs://$_CACHE_BUCKET/mlcontainer/$lock.tar" /workspace/store.tar; then
        tar -xf /workspace/store.tar -C "$MLCONTAINER_CACHE_DIR"
        touch /workspace/.restored
      fi
  - id: install
    name: ${node}
${dir}    script: |
      #!/usr/bin/env bash
      set -euo pipefail
      npm ci --no-audit --no-fund
  - id: lock
    name: ${node}
${dir}    script: |
      #!/usr/bin/env bash
      set -euo pipefail
      npx --no mlcontainer lock --frozen
  - id: push
    name: ${node}
${dir}    script: |
      #!/usr/bin/env bash
      set -euo pipefail
      tag=\${_TAG:-$BUILD_ID}
      reference=$(npx --no mlcontainer push "$_IMAGE" --tag "$tag,latest" --frozen)
      # For later steps, and for whoever asks for the results of the build.
      printf '%s' "$reference" | tee /workspace/image.txt > "$BUILDER_OUTPUT/output"
  - id: save
    name: ${GCLOUD}
${dir}    script: |
      #!/usr/bin/env bash
      set -euo pipefail
      [ -n "$_CACHE_BUCKET" ] && [ ! -e /workspace/.restored ] || exit 0
      lock=$(sha256sum mlcontainer.lock | cut -c 1-64)
      tar -cf /workspace/store.tar -C "$MLCONTAINER_CACHE_DIR" .
      gcloud storage cp /workspace/store.tar "gs://$_CACHE_BUCKET/mlcontainer/$lock.tar"
`;
}
