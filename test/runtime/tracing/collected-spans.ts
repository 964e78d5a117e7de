import { context, trace } from "@opentelemetry/api";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { onTestFinished } from "vitest";

/** Registers the real SDK for a test. Answers its finished spans, as `name < parent's name`, in the order of their starts. */
export function collectSpans() {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  provider.register();
  onTestFinished(async () => {
    await provider.shutdown();
    trace.disable();
    context.disable();
  });
  const finished = () => exporter.getFinishedSpans();
  return {
    finished,
    byName: (name: string) => finished().filter((span) => span.name === name),
    tree(): string[] {
      const names = new Map(finished().map((span) => [span.spanContext().spanId, span.name]));
      return finished()
        .map(({ name, parentSpanContext }) => {
          const parent = parentSpanContext?.spanId;
          return parent === undefined ? name : `${name} < ${names.get(parent) ?? "unknown"}`;
        })
        .sort();
    },
  };
}
