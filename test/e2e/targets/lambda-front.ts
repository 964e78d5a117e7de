import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { startLambdaEmulator } from "../../parts/lambda-emulator.ts";
import { listen } from "../../runtime/targets/target-world.ts";

const MOST_BYTES = 6 * 1024 * 1024;

/**
 * What stands in for Lambda's API in front of AWS's own emulator: its rules of names, sizes, concurrency and signatures, and
 * the header that tells of function errors. Behind it, an emulator for each invocation at a time is real: the runtime API,
 * deadlines, errors of functions, and functions that end.
 */
export async function startLambda(options: { bootstrap: string; concurrency: number; timeoutS: number }) {
  const free = await Promise.all(
    Array.from({ length: options.concurrency }, () => startLambdaEmulator(options.bootstrap, options.timeoutS)),
  );
  const all = [...free];
  const seen = { invocations: 0, throttled: 0 };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const refuse = (status: number, type: string, message: string) =>
      response.writeHead(status, { "x-amzn-errortype": type }).end(JSON.stringify({ Message: message }));
    const scope =
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/lambda\/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$/;
    if (!scope.test(request.headers.authorization ?? "")) {
      return refuse(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    }
    if (request.url !== "/2015-03-31/functions/resize/invocations") {
      return refuse(404, "ResourceNotFoundException", "Function not found");
    }
    if (body.length > MOST_BYTES)
      return refuse(413, "RequestTooLargeException", "Request must be smaller than 6291456 bytes");
    const emulator = free.pop();
    if (!emulator) {
      seen.throttled++;
      return refuse(429, "TooManyRequestsException", "Rate Exceeded.");
    }
    seen.invocations++;
    const answer = await invoke(emulator.url, body);
    free.push(emulator);
    const failed = /^Task timed out|"errorType"/.test(answer.text) || answer.status !== 200;
    const error = failed ? { "x-amz-function-error": "Unhandled" } : {};
    // A function that ends its process is a function error, too: 200.
    return response.writeHead(200, { "content-type": "application/json", ...error }).end(answer.text);
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    seen,
    stop() {
      server.close();
      server.closeAllConnections();
      for (const emulator of all) emulator.stop();
    },
  };
}

/** An emulator that was started a moment ago does not listen yet. */
async function invoke(url: string, body: Uint8Array<ArrayBuffer>): Promise<{ status: number; text: string }> {
  for (;;) {
    try {
      const response = await fetch(url, { method: "POST", body });
      return { status: response.status, text: await response.text() };
    } catch {
      await sleep(50);
    }
  }
}
