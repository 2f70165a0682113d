import { inProject, type CiFacts, type CiFile } from './types.ts';

/** Actions by commit, so that a moved tag changes nothing; with the release that the commit is. */
const ACTIONS = {
  checkout: 'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1',
  setupNode: 'actions/setup-node@820762786026740c76f36085b0efc47a31fe5020 # v7.0.0',
  cache: 'actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae # v5.0.5',
  googleAuth: 'google-github-actions/auth@7c6bc770dae815cd3e89ee6cdf493a5fab2cc093 # v3.0.0',
} as const;

/**
 * A workflow of GitHub Actions: pull requests are built without any credential, the default branch is pushed. Rights
 * are given by job; the login is the job's own token, or Google's by workload identity where that is set up.
 */
export function githubFiles(facts: CiFacts): readonly CiFile[] {
  return [
    {
      path: '.github/workflows/mlcontainer.yml',
      text: head(facts) + buildJob(facts) + pushJob(facts),
    },
  ];
}

function head(facts: CiFacts): string {
  const { folder } = facts;
  const defaults =
    folder === '' ? '' : `defaults:\n  run:\n    working-directory: ${JSON.stringify(folder)}\n`;
  return `# Checks the lock, builds the image and pushes it: no daemon, no root, no Docker socket.
# Written by \`mlcontainer init --ci github\`; change it as you like.
#
# The image goes to ghcr.io/<owner>/<repository>, or to the repository variable MLCONTAINER_IMAGE (registry/repository).
# For Google Artifact Registry set the repository variable GOOGLE_WORKLOAD_IDENTITY_PROVIDER
# (projects/…/locations/global/workloadIdentityPools/…/providers/…), and GOOGLE_SERVICE_ACCOUNT where the pool is not
# given the right to write by itself.
# Debian's packages come from the repository variable MLCONTAINER_DEBIAN_MIRROR, the base URL of an archive: the runner
# is no Debian, whose own sources would do.
name: mlcontainer

on:
  pull_request:
  push:
    branches: [main]

permissions: {}

concurrency:
  group: mlcontainer-\${{ github.ref }}
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}

env:
  MLCONTAINER_CACHE_DIR: \${{ github.workspace }}/.mlcontainer-cache
  MLCONTAINER_DEBIAN_MIRROR: \${{ vars.MLCONTAINER_DEBIAN_MIRROR }}

${defaults}jobs:
`;
}

/** For pull requests: with no right but to read. */
function buildJob(facts: CiFacts): string {
  return `  build:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    permissions:
      contents: read
    steps:
${setUp(facts)}
      - name: Build
        run: npx --no mlcontainer build --frozen

`;
}

function pushJob(facts: CiFacts): string {
  return `  push:
    if: github.event_name == 'push'
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    permissions:
      contents: read
      packages: write
      id-token: write
    outputs:
      reference: \${{ steps.push.outputs.reference }}
      digest: \${{ steps.push.outputs.digest }}
    steps:
${setUp(facts)}
      - name: Log in to Google Cloud
        if: vars.GOOGLE_WORKLOAD_IDENTITY_PROVIDER != ''
        uses: ${ACTIONS.googleAuth}
        with:
          workload_identity_provider: \${{ vars.GOOGLE_WORKLOAD_IDENTITY_PROVIDER }}
          service_account: \${{ vars.GOOGLE_SERVICE_ACCOUNT }}
      - name: Push
        id: push
        env:
          IMAGE: \${{ vars.MLCONTAINER_IMAGE || format('ghcr.io/{0}', github.repository) }}
          DOCKER_AUTH_CONFIG: '{"auths":{"ghcr.io":{"username":"\${{ github.actor }}","password":"\${{ secrets.GITHUB_TOKEN }}"}}}'
        run: |
          reference=$(npx --no mlcontainer push "\${IMAGE,,}" --tag "$GITHUB_SHA,latest" --frozen)
          echo "reference=$reference" >> "$GITHUB_OUTPUT"
          echo "digest=\${reference##*@}" >> "$GITHUB_OUTPUT"
          echo "\\\`$reference\\\`" >> "$GITHUB_STEP_SUMMARY"
`;
}

/** Store and lock belong together: another lock begins with the newest store and keeps its own. */
function setUp(facts: CiFacts): string {
  return `      - uses: ${ACTIONS.checkout}
        with:
          persist-credentials: false
      - uses: ${ACTIONS.setupNode}
        with:
          node-version: ${facts.node}
          cache: npm
          cache-dependency-path: ${quoted(facts.packageLock)}
      - uses: ${ACTIONS.cache}
        with:
          path: \${{ env.MLCONTAINER_CACHE_DIR }}
          key: mlcontainer-\${{ runner.os }}-\${{ runner.arch }}-\${{ hashFiles(${single(inProject(facts, 'mlcontainer.lock'))}) }}
          restore-keys: mlcontainer-\${{ runner.os }}-\${{ runner.arch }}-
      - name: Install
        run: npm ci --no-audit --no-fund
      - name: Check the lock
        run: npx --no mlcontainer lock --frozen`;
}

function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}

/** A string of GitHub's expressions. */
function single(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
