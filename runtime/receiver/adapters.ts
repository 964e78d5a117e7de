import type { IncomingMessage, ServerResponse } from "node:http";
import type { ReceivedRequest, ReceiverAnswer } from "./received-task.ts";
import { plain } from "./received-task.ts";

/** What answers a request that an adapter has read. */
export type Answering = (request: ReceivedRequest) => Promise<ReceiverAnswer>;

/** For `node:http`: `createServer(nodeListener(…))`. */
export function nodeListener(answer: Answering, mostBytes: number) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    let length = 0;
    const reply = ({ status, headers, body }: ReceiverAnswer) => {
      if (!response.headersSent) response.writeHead(status, status === 204 ? ownHeaders(headers) : headers);
      response.end(status === 204 ? undefined : body);
    };
    request.on("error", () => response.destroy());
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= mostBytes) chunks.push(chunk);
      else if (!response.headersSent) {
        response.setHeader("connection", "close");
        reply(plain(413, "the body is longer than any event of this use case"));
        request.destroy();
      }
    });
    request.on("end", () => {
      const { method = "", headers } = request;
      const header = (name: string) => textOf(headers[name]);
      void answer({ method, header, body: Buffer.concat(chunks) }).then(reply);
    });
  };
}

function textOf(value: string | readonly string[] | undefined): string {
  return typeof value === "string" ? value : (value?.[0] ?? "");
}

/** Answers without a body have no type. */
function ownHeaders(headers: ReceiverAnswer["headers"]): Record<string, string> {
  const { "content-type": _, ...own } = headers;
  return own;
}

/** For what takes a `Request` and returns a `Response`: Deno, Bun, Hono, Next.js and the like. */
export function fetchHandler(answer: Answering, mostBytes: number) {
  return async (request: Request): Promise<Response> => {
    const body = await bodyOf(request, mostBytes);
    const header = (name: string) => request.headers.get(name) ?? "";
    const reply = body
      ? await answer({ method: request.method, header, body })
      : plain(413, "the body is longer than any event of this use case");
    const headers = reply.status === 204 ? ownHeaders(reply.headers) : reply.headers;
    return new Response(reply.status === 204 ? null : reply.body, { status: reply.status, headers });
  };
}

/** `undefined`: it is too long. */
async function bodyOf({ body }: Request, mostBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (body) {
    for await (const chunk of body) {
      length += chunk.length;
      if (length > mostBytes) return undefined;
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}

/** What an invocation brings: the form of Lambda's function URLs, which workers' direct invocations have too. */
export interface LambdaRequest {
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
  readonly body?: string | undefined;
  readonly isBase64Encoded?: boolean | undefined;
  /** Set by function URLs and gateways: then anybody may have sent it. */
  readonly requestContext?: { readonly http?: { readonly method?: string } } | undefined;
}

export interface LambdaResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** For AWS Lambda: `export const handler = lambdaHandler(…)`. `isDirect` tells that AWS itself has told who invokes. */
export function lambdaHandler(answer: (request: ReceivedRequest, isDirect: boolean) => Promise<ReceiverAnswer>) {
  return async (event: LambdaRequest): Promise<LambdaResponse> => {
    const { headers = {}, body = "", isBase64Encoded = false, requestContext } = event ?? {};
    const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value ?? ""]));
    const request: ReceivedRequest = {
      method: requestContext?.http?.method ?? "POST",
      header: (name) => lower.get(name) ?? "",
      body: Buffer.from(body, isBase64Encoded ? "base64" : "utf8"),
    };
    const reply = await answer(request, requestContext === undefined);
    return { statusCode: reply.status, headers: reply.headers, body: reply.body };
  };
}

/** What of `@azure/functions`' HttpRequest is used. */
export interface AzureRequest {
  readonly method: string;
  readonly headers: { get(name: string): string | null };
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface AzureResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** For Azure Functions: `app.http("resize", { methods: ["POST"], authLevel: "function", handler: azureHandler(…) })`. */
export function azureHandler(answer: Answering) {
  return async (request: AzureRequest): Promise<AzureResponse> => {
    const body = new Uint8Array(await request.arrayBuffer());
    const header = (name: string) => request.headers.get(name) ?? "";
    const { status, headers, body: text } = await answer({ method: request.method, header, body });
    return status === 204 ? { status, headers: ownHeaders(headers) } : { status, headers, body: text };
  };
}
