import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free-ports.ts";
import { installPart, type Part } from "./part-cache.ts";
import { runTool } from "./run-tool.ts";

/** The Collector's core, and its modules of the same release. */
const VERSION = "v0.165.0";
const MODULES = [
  "go.opentelemetry.io/collector/otelcol",
  "go.opentelemetry.io/collector/receiver/otlpreceiver",
  "go.opentelemetry.io/collector/exporter/otlphttpexporter",
  "go.opentelemetry.io/collector/service",
];

/** What the Collector's own builder would write for one receiver and one exporter. */
const MAIN = `package main

import (
	"log"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

func factories() (otelcol.Factories, error) {
	otlp := otlpreceiver.NewFactory()
	http := otlphttpexporter.NewFactory()
	return otelcol.Factories{
		Receivers: map[component.Type]receiver.Factory{otlp.Type(): otlp},
		Exporters: map[component.Type]exporter.Factory{http.Type(): http},
		Telemetry: otelconftelemetry.NewFactory(),
	}, nil
}

func main() {
	settings := otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "collector", Version: "${VERSION}"},
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
			DefaultScheme:     "file",
		}},
	}
	if err := otelcol.NewCommand(settings).Execute(); err != nil {
		log.Fatal(err)
	}
}
`;

const COLLECTOR: Part = {
  name: "otel-collector",
  version: VERSION,
  takes: "three minutes",
  async build(folder, log) {
    const module = join(folder, "module");
    await mkdir(module);
    await writeFile(join(module, "main.go"), MAIN);
    await writeFile(join(module, "go.mod"), "module fivefold.test/collector\n\ngo 1.21\n");
    const at = { cwd: module, log, env: { GOFLAGS: `${process.env.GOFLAGS ?? ""} -mod=mod`.trim() } };
    await runTool("go", ["get", ...MODULES.map((name) => `${name}@${VERSION}`)], { ...at, attempts: 3 });
    const output = join(folder, "collector");
    await runTool("go", ["build", "-trimpath", "-ldflags", "-s -w", "-o", output, "."], at);
  },
};

export async function installOtelCollector(): Promise<string> {
  return join(await installPart(COLLECTOR), "collector");
}

/** The OpenTelemetry Collector: it takes OTLP over gRPC, and sends what it took to an address as OTLP's JSON. */
export interface OtelCollector {
  readonly grpcUrl: string;
  stop(): Promise<void>;
}

export async function startOtelCollector(forwardTo: string): Promise<OtelCollector> {
  const program = await installOtelCollector();
  const [port] = await freePorts(1);
  const folder = await mkdtemp(join(tmpdir(), "fivefold-collector-"));
  const config = join(folder, "collector.yaml");
  await writeFile(
    config,
    `receivers: { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:${port}" } } } }
exporters: { otlp_http: { endpoint: "${forwardTo}", encoding: json, compression: none } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [otlp_http] } }
`,
  );
  const child: ChildProcess = spawn(program, ["--config", config], { stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr!.on("data", (text) => {
      told += text;
      if (told.includes("Everything is ready")) resolve();
    });
    child.once("exit", (code) => reject(new Error(`The collector ended with exit code ${code}:\n${told}`)));
  });
  return {
    grpcUrl: `http://127.0.0.1:${port}`,
    async stop() {
      const ended = new Promise((resolve) => {
        child.once("exit", resolve);
      });
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
