/* What a user writes to have their own SDK: `node --import ./sdk.ts`. */
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";

const exporter = new OTLPTraceExporter({ url: process.env.COLLECTOR_URL! });
new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
