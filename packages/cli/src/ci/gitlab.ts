import { inProject, nodeImage, type CiFacts, type CiFile } from './types.ts';

/** Where GitLab looks for its file, and where ours goes when that is there already. */
export const GITLAB_FILE = '.gitlab-ci.yml';
export const GITLAB_INCLUDED = 'mlcontainer.gitlab-ci.yml';

/**
 * Jobs of GitLab CI: merge requests are built without any credential, the default branch is pushed with the job's
 * own token, or with Google's by workload identity where that is set up.
 */
export function gitlabFiles(facts: CiFacts, path: string): readonly CiFile[] {
  return [{ path, text: shared(facts) + JOBS }];
}

function shared(facts: CiFacts): string {
  const enter =
    facts.folder === '' ? '' : `    - ${JSON.stringify(`cd ${shellQuoted(facts.folder)}`)}\n`;
  return `# Checks the lock, builds the image and pushes it: no Docker-in-Docker, no privileged runner.
# Written by \`mlcontainer init --ci gitlab\`; change it as you like.
#
# The image goes to the project's registry, or to the CI/CD variable MLCONTAINER_IMAGE (registry/repository).
# For Google Artifact Registry set GOOGLE_WORKLOAD_IDENTITY_PROVIDER
# (projects/…/locations/global/workloadIdentityPools/…/providers/…) and GOOGLE_SERVICE_ACCOUNT besides.

.mlcontainer:
  image: ${nodeImage(facts)}
  timeout: 30 minutes
  variables:
    MLCONTAINER_CACHE_DIR: $CI_PROJECT_DIR/.mlcontainer-cache
    npm_config_cache: $CI_PROJECT_DIR/.npm
  cache:
    - key:
        prefix: mlcontainer
        files:
          - ${JSON.stringify(inProject(facts, 'mlcontainer.lock'))}
      paths:
        - .mlcontainer-cache/
    - key:
        prefix: npm
        files:
          - ${JSON.stringify(facts.packageLock)}
      paths:
        - .npm/
  before_script:
${enter}    - npm ci --no-audit --no-fund --prefer-offline
    - npx --no mlcontainer lock --frozen

`;
}

/** What differs is in GitLab's own variables. */
const JOBS = `mlcontainer build:
  extends: .mlcontainer
  stage: build
  interruptible: true
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  script:
    - npx --no mlcontainer build --frozen

mlcontainer push:
  extends: .mlcontainer
  stage: deploy
  resource_group: mlcontainer-push
  rules:
    - if: $CI_PIPELINE_SOURCE != "merge_request_event" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  id_tokens:
    GOOGLE_ID_TOKEN:
      aud: https://iam.googleapis.com/$GOOGLE_WORKLOAD_IDENTITY_PROVIDER
  script:
    - umask 077
    - export REGISTRY_AUTH_FILE="$(mktemp -d)/auth.json"
    - >-
      printf '{"auths":{"%s":{"username":"%s","password":"%s"}}}'
      "$CI_REGISTRY" "$CI_REGISTRY_USER" "$CI_REGISTRY_PASSWORD" > "$REGISTRY_AUTH_FILE"
    - |
      if [ -n "\${GOOGLE_WORKLOAD_IDENTITY_PROVIDER:-}" ]; then
        folder=$(mktemp -d)
        printf '%s' "$GOOGLE_ID_TOKEN" > "$folder/token"
        export GOOGLE_APPLICATION_CREDENTIALS="$folder/credentials.json"
        cat > "$GOOGLE_APPLICATION_CREDENTIALS" <<END
      {
        "type": "external_account",
        "audience": "//iam.googleapis.com/$GOOGLE_WORKLOAD_IDENTITY_PROVIDER",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/$GOOGLE_SERVICE_ACCOUNT:generateAccessToken",
        "credential_source": { "file": "$folder/token" }
      }
      END
      fi
    - IMAGE=$(npx --no mlcontainer push "\${MLCONTAINER_IMAGE:-$CI_REGISTRY_IMAGE}" --tag "$CI_COMMIT_SHA,latest" --frozen)
    - printf 'IMAGE=%s\\nIMAGE_DIGEST=%s\\n' "$IMAGE" "\${IMAGE##*@}" > "$CI_PROJECT_DIR/mlcontainer.env"
  artifacts:
    reports:
      dotenv: mlcontainer.env
`;

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
