/*
 * What `fivefold new-stacks` writes, as texts: what docs/deploy.md shows and explains.
 */

/** Pulumi's names of stacks, without the organisation that may stand before them. */
export function isStackName(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,99}$/.test(name);
}

/** Of the Pulumi project's name, for whatever the package is called. */
export function pulumiProjectText(name: string): string {
  return `name: ${name}
description: The use cases of ${name} on Apache Pulsar and Kubernetes.
runtime:
  name: nodejs
  options:
    # Node.js runs the program's TypeScript by itself.
    typescript: false
main: index.ts
`;
}

export const PROGRAM = `import { join } from "node:path";
import { deploy } from "fivefold/stacks";

export default () => deploy({ root: join(import.meta.dirname, "..") });
`;

export const DOCKERFILE = `FROM node:24-slim AS build
WORKDIR /project
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npx fivefold build --check
# All that executors load and nothing else: no compiler, no Pulumi, no tests. --include adds what handlers read.
RUN npx fivefold stage /executor

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /executor
COPY --from=build /executor ./
USER 10001:10001
EXPOSE 9464
ENTRYPOINT ["node", "node_modules/fivefold/dist/cli/main.js"]
CMD ["start"]
`;

export const DOCKERIGNORE = `node_modules
.git
.fivefold
stacks
`;

/** The steps of every job that runs Pulumi, up to the choice of the stack. */
const PULUMI_STEPS = `      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: npm
      # Short-lived credentials in place of keys that somebody keeps: set the variables of your cloud, in the environment.
      - if: vars.AWS_ROLE != ''
        uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: \${{ vars.AWS_ROLE }}
          aws-region: \${{ vars.AWS_REGION }}
      - if: vars.AZURE_CLIENT_ID != ''
        uses: azure/login@v2
        with:
          client-id: \${{ vars.AZURE_CLIENT_ID }}
          tenant-id: \${{ vars.AZURE_TENANT_ID }}
          subscription-id: \${{ vars.AZURE_SUBSCRIPTION_ID }}
      - if: vars.GOOGLE_IDENTITY_PROVIDER != ''
        uses: google-github-actions/auth@v2
        with:
          workload_identity_provider: \${{ vars.GOOGLE_IDENTITY_PROVIDER }}
          service_account: \${{ vars.GOOGLE_SERVICE_ACCOUNT }}
      - uses: pulumi/actions@v6
      - run: npm ci
        working-directory: .
      - run: pulumi stack select \${{ matrix.stack }}
`;

const PULUMI_JOB = `    defaults:
      run:
        shell: bash
        working-directory: stacks
    # Secrets of the environment: each has its own.
    env:
      PULUMI_BACKEND_URL: \${{ secrets.PULUMI_BACKEND_URL }}
      PULUMI_CONFIG_PASSPHRASE: \${{ secrets.PULUMI_CONFIG_PASSPHRASE }}
`;

/** YAML reads some names as numbers or flags. */
function yamlText(name: string): string {
  const isPlain = /^[A-Za-z][\w.-]*$/.test(name) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(name);
  return isPlain ? name : JSON.stringify(name);
}

export function workflowText(stacks: readonly string[]): string {
  return `name: deploy
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
defaults:
  run:
    # With pipefail: a command that fails in front of a pipe fails its step.
    shell: bash
jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: npm
      - run: npm ci
      # Fails where a use case is wrong, breaks a contract, or was changed without a build.
      - run: npx fivefold build --check --format github
      # For whom the change is one, and in which order to deploy it.
      - if: github.event_name == 'pull_request'
        run: npx fivefold diff --against "origin/$GITHUB_BASE_REF" | tee "$GITHUB_STEP_SUMMARY"
      # What is deployed must be released: later versions are held against it. Before an image is there that could be used.
      - if: github.event_name == 'push'
        run: npx fivefold release --check

  preview:
    # A fork's pull request gets no secrets.
    if: github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository
    needs: check
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read
      id-token: write
      pull-requests: write
    strategy:
      fail-fast: false
      matrix:
        stack: [${stacks.map(yamlText).join(", ")}]
    # Not the one of \`up\`: what a branch may run before anybody has reviewed it gets credentials that can only read.
    environment: \${{ matrix.stack }}-preview
    concurrency:
      group: preview-\${{ matrix.stack }}-\${{ github.ref }}
      cancel-in-progress: true
${PULUMI_JOB}    steps:
${PULUMI_STEPS}      # The image that runs now, so that only what the change itself does is shown.
      - run: pulumi config set fivefold:image "$(pulumi stack output image || echo nobody/runs:none)"
      # Fails where the change would lose messages, or asks for more than the environment keeps.
      - uses: pulumi/actions@v6
        with:
          command: preview
          stack-name: \${{ matrix.stack }}
          work-dir: stacks
          diff: true
          comment-on-pr: true
          edit-pr-comment: true

  image:
    if: github.event_name == 'push'
    needs: check
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read
      packages: write
    outputs:
      image: \${{ steps.name.outputs.image }}@\${{ steps.push.outputs.digest }}
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      # An owner may have upper-case letters; no image's name does.
      - id: name
        run: echo "image=ghcr.io/\${GITHUB_REPOSITORY,,}" >> "$GITHUB_OUTPUT"
      - uses: docker/login-action@v3
        with:
          registry: ghcr.io
          username: \${{ github.actor }}
          password: \${{ secrets.GITHUB_TOKEN }}
      - uses: docker/setup-buildx-action@v3
      - id: push
        uses: docker/build-push-action@v6
        with:
          push: true
          tags: \${{ steps.name.outputs.image }}:\${{ github.sha }}
          cache-from: type=gha
          cache-to: type=gha,mode=max

  up:
    needs: image
    runs-on: ubuntu-latest
    timeout-minutes: 60
    permissions:
      contents: read
      id-token: write
    strategy:
      # One home after another: what is wrong in the first does not reach the second.
      max-parallel: 1
      matrix:
        stack: [${stacks.map(yamlText).join(", ")}]
    environment: \${{ matrix.stack }}
    # Never two at once, and none is cancelled halfway.
    concurrency:
      group: up-\${{ matrix.stack }}
${PULUMI_JOB}    steps:
${PULUMI_STEPS}      - run: pulumi config set fivefold:image "\${{ needs.image.outputs.image }}"
      # What somebody changed by hand is found, and put back.
      - run: pulumi up --refresh --yes --non-interactive
`;
}
