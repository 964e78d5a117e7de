import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installPart, type Part } from "./part-cache.ts";
import { runTool } from "./run-tool.ts";

export const PULSAR_VERSION = "4.2.4";

/** `pulsar` is the parent that pins every dependency's version, `pulsar-broker` what runs. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>fivefold.test</groupId>
  <artifactId>pulsar-broker-part</artifactId>
  <version>1</version>
  <dependencyManagement><dependencies><dependency>
    <groupId>org.apache.pulsar</groupId><artifactId>pulsar</artifactId><version>${PULSAR_VERSION}</version>
    <type>pom</type><scope>import</scope>
  </dependency></dependencies></dependencyManagement>
  <dependencies><dependency>
    <groupId>org.apache.pulsar</groupId><artifactId>pulsar-broker</artifactId><version>${PULSAR_VERSION}</version>
  </dependency></dependencies>
</project>
`;

const PULSAR: Part = {
  name: "pulsar-broker",
  version: PULSAR_VERSION,
  takes: "half a minute",
  async build(folder, log) {
    await writeFile(join(folder, "pom.xml"), POM);
    const copy = ["-B", "-ntp", "dependency:copy-dependencies", "-DoutputDirectory=lib", "-DincludeScope=runtime"];
    await runTool("mvn", copy, { cwd: folder, log, attempts: 3 });
  },
};

/** The broker's jars, from Maven. Resolves with their folder. */
export async function installPulsarBroker(): Promise<string> {
  return join(await installPart(PULSAR), "lib");
}
