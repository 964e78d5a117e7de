import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openPulsarTransport } from "../../runtime/adapters/pulsar/pulsar.ts";
import { createPulsarBinaryTransport } from "../../runtime/adapters/pulsar/pulsar-binary.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import { compileProject } from "../compile-project.ts";
import { freePorts } from "../parts/free-ports.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { records } from "../transport/records.ts";
import { acceptedBy, readHandled, startExecutor, startProducer } from "./crash/life.ts";
import { type Certificate, createCertificate } from "./pulsar/certificates.ts";
import { waitUntil } from "./pulsar/load.ts";
import { createNamespace } from "./pulsar/transports.ts";

/** A broker that also listens with a certificate for `name`. */
interface SecureBroker {
  readonly broker: PulsarBroker;
  readonly certificate: Certificate;
  readonly serviceUrl: string;
  readonly adminUrl: string;
  stop(): Promise<void>;
}

async function startSecureBroker(name: string): Promise<SecureBroker> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-tls-"));
  const certificate = await createCertificate(folder, name);
  const [servicePort, webPort] = (await freePorts(2)) as [number, number];
  const broker = await startPulsarBroker({
    config: {
      brokerServicePortTls: servicePort,
      webServicePortTls: webPort,
      tlsCertificateFilePath: certificate.certificateFile,
      tlsKeyFilePath: certificate.keyFile,
      tlsTrustCertsFilePath: certificate.authorityFile,
    },
  });
  return {
    broker,
    certificate,
    serviceUrl: `pulsar+ssl://127.0.0.1:${servicePort}`,
    adminUrl: `https://127.0.0.1:${webPort}`,
    async stop() {
      await broker.stop();
      await rm(folder, { recursive: true });
    },
  };
}

describe("a broker whose certificate comes from an authority that Node does not know", () => {
  let secure: SecureBroker;
  beforeAll(async () => {
    secure = await startSecureBroker("IP:127.0.0.1");
  }, INSTALL_TIMEOUT_MS);
  afterAll(() => secure?.stop());

  const WAYS: readonly { way: string; url: () => string; client?: string }[] = [
    { way: "the binary protocol", url: () => secure.serviceUrl, client: "fivefold" },
    { way: "libpulsar", url: () => secure.serviceUrl, client: "libpulsar" },
    { way: "the web service", url: () => secure.adminUrl },
  ];

  async function place(
    { url, client }: Pick<(typeof WAYS)[number], "url" | "client">,
    authority: Readonly<Record<string, string>>,
  ) {
    const project = await compileProject("pulsar-tls", join(import.meta.dirname, "crash/usecases"));
    const env = {
      FIVEFOLD_PULSAR_URL: url(),
      ...(client !== undefined && { FIVEFOLD_PULSAR_CLIENT: client }),
      FIVEFOLD_PULSAR_ADMIN_URL: secure.adminUrl,
      FIVEFOLD_PULSAR_NAMESPACE: (await createNamespace(secure.broker)).name,
      FIVEFOLD_DATA: join(project, "data"),
      ...authority,
    };
    return { project, env };
  }

  test.each(WAYS)("is trusted by $way where NODE_EXTRA_CA_CERTS names that authority", async (way) => {
    const at = await place(way, { NODE_EXTRA_CA_CERTS: secure.certificate.authorityFile });
    const executor = startExecutor(at);
    const producer = startProducer(at, 0, "p", 20);
    await sleep(3_000);
    producer.child.kill("SIGTERM");
    expect(await producer.ended).toBe(0);
    const accepted = acceptedBy([producer]);
    expect(accepted.length).toBeGreaterThan(0);
    const missing = () => {
      const handled = new Set(readHandled(at.project).map(({ id }) => id));
      return accepted.filter((id) => !handled.has(id));
    };
    await waitUntil(
      () => missing().length === 0,
      60_000,
      () => `missing: ${missing().slice(0, 10)}; ${executor.lines.join("\n")}`,
    );
    executor.child.kill("SIGTERM");
    expect(await executor.ended).toBe(0);
  });

  test.each(WAYS)("is refused at once by $way where nothing names it", async (way) => {
    const executor = startExecutor(await place(way, {}));
    expect(await executor.ended).toBe(3);
    expect(executor.lines).toEqual([expect.stringMatching(/^error: .*certificate.*NODE_EXTRA_CA_CERTS/)]);
  });

  test("is refused by the binary protocol itself too, and taken where a file names its authority", async () => {
    const { adminUrl: webUrl } = secure.broker;
    const { name: namespace } = await createNamespace(secure.broker);
    const settings = { serviceUrl: secure.serviceUrl, webUrl, namespace, timeoutMs: 3_000, clock: systemClock };
    const transport = createPulsarBinaryTransport(settings);
    onTestFinished(() => transport.close());
    await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
    await expect(transport.producer("t")).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });
    const trusting = createPulsarBinaryTransport({ ...settings, trustCertsFile: secure.certificate.authorityFile });
    onTestFinished(() => trusting.close());
    await (await trusting.producer("t")).publish(records(1));
    expect(await trusting.backlog("t", "s")).toBe(1);
  });

  test("is refused by libpulsar itself too", async () => {
    const { adminUrl: webUrl } = secure.broker;
    const { name: namespace } = await createNamespace(secure.broker);
    const settings = { serviceUrl: secure.serviceUrl, webUrl, namespace, timeoutMs: 3_000, clock: systemClock };
    const transport = await openPulsarTransport(settings);
    onTestFinished(() => transport.close());
    await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
    await expect(transport.producer("t")).rejects.toMatchObject({
      code: "unauthorized",
      message: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });

    const trustCertsFile = secure.certificate.authorityFile;
    const trusting = await openPulsarTransport({ ...settings, trustCertsFile, timeoutMs: 20_000 });
    onTestFinished(() => trusting.close());
    await (await trusting.producer("t")).publish(records(1));
    expect(await trusting.backlog("t", "s")).toBe(1);
  });
});

describe("a broker whose certificate is for another name", () => {
  let secure: SecureBroker;
  beforeAll(async () => {
    secure = await startSecureBroker("DNS:elsewhere.example");
  }, INSTALL_TIMEOUT_MS);
  afterAll(() => secure?.stop());

  test.each([
    { by: "the binary protocol", open: createPulsarBinaryTransport, code: "invalid-option" },
    { by: "libpulsar", open: openPulsarTransport, code: "not-connected" },
  ])("is refused by $by, though its authority is trusted", async ({ open, code }) => {
    const { adminUrl: webUrl } = secure.broker;
    const { name: namespace } = await createNamespace(secure.broker);
    const transport = await open({
      serviceUrl: secure.serviceUrl,
      webUrl,
      namespace,
      trustCertsFile: secure.certificate.authorityFile,
      timeoutMs: 3_000,
      clock: systemClock,
    });
    onTestFinished(() => transport.close());
    await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
    await expect(transport.producer("t")).rejects.toMatchObject({ code });
  });
});
