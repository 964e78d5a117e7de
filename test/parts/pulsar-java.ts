import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Packages of the JDK that the broker reaches into. */
const OPENED = [
  "java.base/java.nio",
  "java.base/java.lang",
  "java.base/java.util",
  "java.base/jdk.internal.misc",
  "java.base/sun.net",
  "java.base/jdk.internal.platform",
  "java.management/sun.management",
  "jdk.management/com.sun.management.internal",
];

/** By default it logs every connection and request, which costs a test that measures a good part of the processor. */
const LOGGING = `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %level %c{1} %m%n%ex{short}
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;

/** The ports of a broker on loopback. */
export interface PulsarPorts {
  readonly broker: number;
  readonly web: number;
  readonly bookie: number;
}

export interface PulsarJavaSettings {
  /** The folder of its jars. */
  readonly jars: string;
  /** Where its configuration and its data go. */
  readonly folder: string;
  readonly ports: PulsarPorts;
  /** Lines of its configuration file, over those that each broker here has. */
  readonly config: Readonly<Record<string, string | number | boolean>>;
  /** Options of the JVM, besides those of its memory. */
  readonly options: readonly string[];
}

/** Writes what a broker with its own storage reads. Returns the arguments that `java` starts it with. */
export async function preparePulsar({ jars, folder, ports, config, options }: PulsarJavaSettings): Promise<string[]> {
  const configuration = {
    bindAddress: "127.0.0.1",
    advertisedAddress: "127.0.0.1",
    brokerServicePort: ports.broker,
    webServicePort: ports.web,
    webSocketServiceEnabled: true,
    // One storage node holds everything.
    managedLedgerDefaultEnsembleSize: 1,
    managedLedgerDefaultWriteQuorum: 1,
    managedLedgerDefaultAckQuorum: 1,
    ...config,
  };
  const configFile = join(folder, "broker.conf");
  const logging = join(folder, "log4j2.properties");
  const lines = Object.entries(configuration).map(([key, value]) => `${key}=${value}\n`);
  await Promise.all([writeFile(logging, LOGGING), writeFile(configFile, lines.join(""))]);
  return [
    ...["-Xmx256m", "-XX:MaxDirectMemorySize=256m", ...options],
    ...OPENED.flatMap((name) => ["--add-opens", `${name}=ALL-UNNAMED`]),
    `-Dlog4j2.configurationFile=${logging}`,
    ...["-cp", join(jars, "*")],
    "org.apache.pulsar.PulsarStandaloneStarter",
    ...["--config", configFile],
    ...["--no-functions-worker", "--no-stream-storage"],
    ...["--num-bookies", "1", "--bookkeeper-port", `${ports.bookie}`],
    ...["--metadata-dir", join(folder, "metadata"), "--bookkeeper-dir", join(folder, "bookkeeper")],
    ...["--advertised-address", "127.0.0.1"],
  ];
}
