import { copyFile, cp, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { installPart, type Part } from "./part-cache.ts";
import { runTool } from "./run-tool.ts";

const require = createRequire(import.meta.url);

/** The addon's sources are npm's; libpulsar itself comes in a Python wheel, and its headers in a Rust crate of 2.7. */
const LIBRARY_VERSION = "3.13.0";
const HEADERS_VERSION = "2.7.0";
const NODE_HEADERS_VERSION = "1.9.0";
/** Counts changes of the build that no version shows. */
const BUILD = 1;

/** Members of C++ classes that came after the headers, and that the addon names; what it does for us calls none of them. */
const ADDED_MEMBERS: readonly (readonly [file: string, before: RegExp, member: string])[] = [
  ["Message.h", /public:/, "std::optional<const EncryptionContext*> getEncryptionContext() const { return {}; }"],
  [
    "Client.h",
    /public:/,
    "static Client create(std::unique_ptr<struct ServiceInfoProvider>, const ClientConfiguration&);",
  ],
  ["KeySharedPolicy.h", /public:/, "KeySharedPolicy& setStickyRanges(std::vector<std::pair<int, int>>);"],
  ["ClientConfiguration.h", /public:/, "ClientConfiguration& setConnectionTimeout(int);"],
  ["ConsumerConfiguration.h", /public:/, "void setReplicateSubscriptionStateEnabled(bool);"],
];

const SOURCES = [
  "addon",
  "Message",
  "MessageId",
  "Authentication",
  "Client",
  "SchemaInfo",
  "Producer",
  "ProducerConfig",
];
const MORE_SOURCES = ["Consumer", "ConsumerConfig", "Reader", "ReaderConfig", "ThreadSafeDeferred", "CryptoKeyReader"];

function packageFolder(name: string, from = import.meta.dirname): string {
  return dirname(require.resolve(`${name}/package.json`, { paths: [from] }));
}

function partOf(client: string, version: string): Part {
  return {
    name: "pulsar-client-addon",
    version: `${version}-${LIBRARY_VERSION}-${BUILD}-node${process.versions.modules}`,
    takes: "half a minute",
    async build(folder, log) {
      const at = { cwd: folder, log };
      await runTool("python3", ["-m", "pip", "download", "--no-deps", `pulsar-client==${LIBRARY_VERSION}`], at);
      const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl"))!;
      await runTool("python3", ["-m", "zipfile", "-e", wheel, "wheel"], at);
      const libraries = join(folder, "wheel/pulsar_client.libs");
      const library = (await readdir(libraries)).find((name) => name.startsWith("libpulsar"))!;
      await copyFile(join(libraries, library), join(folder, library));

      await writeFile(join(folder, "package.json"), "{}");
      await runTool("npm", ["install", "--no-save", `node-api-headers@${NODE_HEADERS_VERSION}`], at);
      await fetchHeaders(folder, log);

      const includes = [
        join(import.meta.dirname, "libpulsar"),
        join(folder, "include"),
        join(folder, "node_modules/node-api-headers/include"),
        packageFolder("node-addon-api", client),
      ].map((path) => `-I${path}`);
      const flags = [
        "-std=gnu++17",
        "-O1",
        "-fPIC",
        "-fvisibility=hidden",
        "-DNAPI_VERSION=4",
        "-include",
        "additions.h",
      ];
      for (const source of [...SOURCES, ...MORE_SOURCES]) {
        const input = join(client, "src", `${source}.cc`);
        await runTool("g++", [...flags, ...includes, "-c", input, "-o", `${source}.o`], at);
      }
      const objects = [...SOURCES, ...MORE_SOURCES].map((source) => `${source}.o`);
      await runTool("g++", ["-shared", "-o", "pulsar.node", ...objects, library, "-Wl,-rpath,$ORIGIN"], at);
    },
  };
}

/** The headers, from the sources that cargo keeps with the crate. */
async function fetchHeaders(folder: string, log: string): Promise<void> {
  const crate = join(folder, "crate");
  await mkdir(join(crate, "src"), { recursive: true });
  await writeFile(join(crate, "src/lib.rs"), "");
  await writeFile(
    join(crate, "Cargo.toml"),
    `[package]\nname = "headers"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\npulsar-sys = "=${HEADERS_VERSION}"\n`,
  );
  await runTool("cargo", ["vendor", "--quiet", "vendor"], { cwd: crate, log });
  const include = join(folder, "include");
  await cp(join(crate, "vendor/pulsar-sys/include"), include, { recursive: true });
  for (const [file, before, member] of ADDED_MEMBERS) {
    const path = join(include, "pulsar", file);
    const text = await readFile(path, "utf8");
    const includes = "#include <memory>\n#include <optional>\n#include <utility>\n#include <vector>\n";
    const forward = "namespace pulsar { struct EncryptionContext; struct ServiceInfoProvider; }\n";
    await writeFile(
      path,
      `#pragma once\n${includes}${forward}${text.replace(before, (found) => `${found}\n  ${member}`)}`,
    );
  }
}

/**
 * Gives the installed npm package pulsar-client its native part, built from what package registries have. Unlike the one
 * that its install script downloads, it can't fail over between clusters.
 */
export async function installPulsarClient(): Promise<void> {
  const client = packageFolder("pulsar-client");
  const { version } = JSON.parse(await readFile(join(client, "package.json"), "utf8")) as { version: string };
  const folder = await installPart(partOf(client, version));
  const binding = join(client, "lib/binding");
  await mkdir(binding, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name !== "pulsar.node" && !name.startsWith("libpulsar")) continue;
    // Written over, a library that another process has loaded would crash it; that one keeps the file it has.
    const copy = join(binding, `${name}.${process.pid}`);
    await copyFile(join(folder, name), copy);
    await rename(copy, join(binding, name));
  }
}
