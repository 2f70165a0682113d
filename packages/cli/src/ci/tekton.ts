import { nodeImage, type CiFacts, type CiFile } from './types.ts';

/**
 * A task and a pipeline of Tekton. The task runs as a plain user without capabilities on a read-only root; it logs in
 * with a docker config.json from a workspace, or as the pod's service account on Google's clusters.
 */
export function tektonFiles(facts: CiFacts): readonly CiFile[] {
  return [
    { path: 'tekton/task.yaml', text: taskHead(facts) + stepTemplate(facts) + STEPS },
    { path: 'tekton/pipeline.yaml', text: pipelineHead(facts) + PIPELINE_TASKS },
  ];
}

function taskHead(facts: CiFacts): string {
  return `# Checks the lock, builds the image and pushes it: no daemon, no root, no privilege.
# Written by \`mlcontainer init --ci tekton\`; change it as you like.
apiVersion: tekton.dev/v1
kind: Task
metadata:
  name: mlcontainer-push
  labels:
    app.kubernetes.io/version: '1.0'
  annotations:
    tekton.dev/pipelines.minVersion: 0.50.0
    tekton.dev/categories: Image Build
    tekton.dev/tags: image-build
    tekton.dev/displayName: mlcontainer push
spec:
  description: Builds the image of an mlcontainer project and pushes it.
  params:
    - name: image
      type: string
      description: registry/repository
    - name: tags
      type: string
      description: Tags, separated by commas.
      default: latest
    - name: folder
      type: string
      description: The project inside the source.
      default: ${facts.folder === '' ? '.' : JSON.stringify(facts.folder)}
  workspaces:
    - name: source
      description: The repository.
    - name: store
      description: >-
        Inputs and layers between runs. It is content-addressed and may be shared by runs at the same time, so one
        volume serves every lock.
      optional: true
    - name: registry
      description: A secret with config.json, as \`docker login\` writes it. Not needed for Artifact Registry on GKE.
      optional: true
  results:
    - name: reference
      type: string
      description: registry/repository@sha256:…
    - name: digest
      type: string
      description: sha256:…
`;
}

/** A plain user on a read-only root; what is written goes to the source, the store and a scratch volume. */
function stepTemplate(facts: CiFacts): string {
  return `  volumes:
    - name: scratch
      emptyDir: {}
  stepTemplate:
    image: ${nodeImage(facts)}
    workingDir: $(workspaces.source.path)/$(params.folder)
    env:
      - name: HOME
        value: /scratch
      - name: TMPDIR
        value: /scratch
      - name: STORE
        value: $(workspaces.store.path)
      - name: REGISTRY
        value: $(workspaces.registry.path)
    volumeMounts:
      - name: scratch
        mountPath: /scratch
    computeResources:
      requests:
        cpu: '1'
        memory: 1Gi
      limits:
        memory: 2Gi
    securityContext:
      runAsNonRoot: true
      runAsUser: 1000
      runAsGroup: 1000
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop:
          - ALL
      seccompProfile:
        type: RuntimeDefault
`;
}

const STEPS = `  steps:
    - name: install
      script: |
        #!/usr/bin/env bash
        set -euo pipefail
        npm ci --no-audit --no-fund
    - name: lock
      script: |
        #!/usr/bin/env bash
        set -euo pipefail
        export MLCONTAINER_CACHE_DIR="\${STORE:-/scratch/store}"
        npx --no mlcontainer lock --frozen
    - name: push
      env:
        - name: IMAGE
          value: $(params.image)
        - name: TAGS
          value: $(params.tags)
      script: |
        #!/usr/bin/env bash
        set -euo pipefail
        export MLCONTAINER_CACHE_DIR="\${STORE:-/scratch/store}"
        if [ -n "$REGISTRY" ]; then export REGISTRY_AUTH_FILE="$REGISTRY/config.json"; fi
        reference=$(npx --no mlcontainer push "$IMAGE" --tag "$TAGS" --frozen)
        printf '%s' "$reference" > "$(results.reference.path)"
        printf '%s' "\${reference##*@}" > "$(results.digest.path)"
`;

function pipelineHead({ image }: CiFacts): string {
  return `# Fetches a repository and pushes its image.
# Written by \`mlcontainer init --ci tekton\`; change it as you like.
#
# The source needs a volume that user 1000 can write to: podTemplate.securityContext.fsGroup: 1000 in the PipelineRun.
apiVersion: tekton.dev/v1
kind: Pipeline
metadata:
  name: ${image}-image
spec:
  description: Fetches a repository and pushes its image.
  params:
    - name: repository
      type: string
      description: The address of the git repository.
    - name: revision
      type: string
      description: Branch, tag or commit.
      default: main
    - name: image
      type: string
      description: registry/repository
  workspaces:
    - name: source
      description: A volume for the repository.
    - name: store
      description: A volume for inputs and layers, kept between runs.
      optional: true
    - name: registry
      description: A secret with config.json, as \`docker login\` writes it.
      optional: true
  results:
    - name: reference
      description: registry/repository@sha256:…
      value: $(tasks.push.results.reference)
    - name: digest
      description: sha256:…
      value: $(tasks.push.results.digest)
`;
}

const PIPELINE_TASKS = `  tasks:
    - name: fetch
      taskRef:
        resolver: hub
        params:
          - name: type
            value: artifact
          - name: kind
            value: task
          - name: name
            value: git-clone
          - name: version
            value: 0.9.0
      params:
        - name: url
          value: $(params.repository)
        - name: revision
          value: $(params.revision)
      workspaces:
        - name: output
          workspace: source
    - name: push
      runAfter:
        - fetch
      timeout: 30m0s
      taskRef:
        name: mlcontainer-push
      params:
        - name: image
          value: $(params.image)
        - name: tags
          value: $(tasks.fetch.results.commit),latest
      workspaces:
        - name: source
          workspace: source
        - name: store
          workspace: store
        - name: registry
          workspace: registry
`;
