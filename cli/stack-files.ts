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
# Pulsar's client downloads its native part, which npm lets no package do unasked. Not needed with an https pulsarUrl.
RUN npm rebuild pulsar-client
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

export function workflowText(stacks: readonly string[]): string {
  return `name: deploy
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
env:
  IMAGE: ghcr.io/\${{ github.repository }}
  PULUMI_BACKEND_URL: \${{ secrets.PULUMI_BACKEND_URL }}
  PULUMI_CONFIG_PASSPHRASE: \${{ secrets.PULUMI_CONFIG_PASSPHRASE }}
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
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

  preview:
    # A fork's pull request gets no secrets.
    if: github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository
    needs: check
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        stack: [${stacks.join(", ")}]
    defaults:
      run:
        working-directory: stacks
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: npm
      - uses: pulumi/actions@v6
      - run: npm ci
        working-directory: .
      - run: pulumi stack select \${{ matrix.stack }}
      # The image that runs now, so that only what the change itself does is shown.
      - run: pulumi config set fivefold:image "$(pulumi stack output image || echo "$IMAGE:none")"
      # Fails where the change would lose messages, or asks for more than the environment keeps.
      - run: pulumi preview --diff --non-interactive

  image:
    if: github.event_name == 'push'
    needs: check
    runs-on: ubuntu-latest
    permissions:
      contents: read
      packages: write
    outputs:
      digest: \${{ steps.push.outputs.digest }}
    steps:
      - uses: actions/checkout@v4
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
          tags: \${{ env.IMAGE }}:\${{ github.sha }}
          cache-from: type=gha
          cache-to: type=gha,mode=max

  up:
    needs: image
    runs-on: ubuntu-latest
    strategy:
      # One home after another: what is wrong in the first does not reach the second.
      max-parallel: 1
      matrix:
        stack: [${stacks.join(", ")}]
    environment: \${{ matrix.stack }}
    # Never two at once, and none is cancelled halfway.
    concurrency:
      group: up-\${{ matrix.stack }}
    defaults:
      run:
        working-directory: stacks
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: npm
      - uses: pulumi/actions@v6
      - run: npm ci
        working-directory: .
      # What is deployed must be released: later versions are held against it.
      - run: npx fivefold release --check
        working-directory: .
      - run: pulumi stack select \${{ matrix.stack }}
      - run: pulumi config set fivefold:image "$IMAGE@\${{ needs.image.outputs.digest }}"
      # What somebody changed by hand is found, and put back.
      - run: pulumi up --refresh --yes --non-interactive
`;
}
