import { createServer } from "node:http";
import { createRequire, registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import { listen } from "./target-world.ts";

/** What `@azure/functions` registers with its host, as far as this host needs it. */
export interface AzureCore {
  readonly functions: Map<
    string,
    { metadata: { readonly bindings: object }; callback: (...args: unknown[]) => unknown }
  >;
  model?: AzureModel;
}

interface AzureModel {
  getInvocationModel(core: object): {
    getArguments(): Promise<{ context: object; inputs: unknown[] }>;
    invokeFunction(context: object, inputs: unknown[], callback: unknown): Promise<unknown>;
    getResponse(context: object, result: unknown): Promise<{ returnValue?: { http?: AzureHttp } }>;
  };
}

interface AzureHttp {
  readonly statusCode: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: { readonly bytes?: Uint8Array; readonly string?: string };
}

const core: AzureCore = { functions: new Map() };
(globalThis as { azureCore?: AzureCore }).azureCore = core;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "@azure/functions-core"
      ? {
          url: pathToFileURL(join(import.meta.dirname, "azure-functions-core.ts")).href,
          format: "module-typescript",
          shortCircuit: true,
        }
      : next(specifier, context),
});

/** Azure's own programming model: `app.http(name, …)`. */
export const { app } = createRequire(import.meta.url)("@azure/functions") as typeof import("@azure/functions");

/**
 * What stands in for Azure's front and its .NET host: routes, function keys, and the status of a throw. What a function sees
 * and how its answer is read is `@azure/functions`' own.
 */
export async function startAzure(key: string, answerBefore: (path: string) => number | undefined = () => undefined) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const early = answerBefore(request.url ?? "");
    if (early !== undefined) return response.writeHead(early, { "retry-after": "0" }).end("of the front");
    const own = core.functions.get(/^\/api\/([\w-]+)$/.exec(request.url ?? "")?.[1] ?? "");
    if (!own) return response.writeHead(404).end();
    if (request.headers["x-functions-key"] !== key) return response.writeHead(401).end();
    const http = {
      method: request.method,
      url: `http://localhost${request.url}`,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      body: { bytes: Buffer.concat(chunks) },
      ...{ query: {}, params: {}, nullableHeaders: {}, nullableParams: {}, nullableQuery: {} },
    };
    const trigger = Object.keys(own.metadata.bindings).find((name) => name.startsWith("httpTrigger"));
    const invocation = core.model!.getInvocationModel({
      invocationId: "1",
      metadata: own.metadata,
      request: { inputData: [{ name: trigger, data: { http } }], triggerMetadata: {}, traceContext: {} },
      log() {},
    });
    const { context, inputs } = await invocation.getArguments();
    let result: unknown;
    try {
      result = await invocation.invokeFunction(context, inputs, own.callback);
    } catch {
      return response.writeHead(500).end();
    }
    const { returnValue } = await invocation.getResponse(context, result);
    const answer = returnValue!.http!;
    return response.writeHead(Number(answer.statusCode), answer.headers).end(answer.body?.bytes ?? answer.body?.string);
  });
  await listen(server);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}
