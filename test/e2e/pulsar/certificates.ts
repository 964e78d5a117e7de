import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "../../parts/run-tool.ts";

/** PEM files. */
export interface Certificate {
  readonly authorityFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** An authority of its own, and a server's certificate from it for that name, as `DNS:…` or `IP:…`. */
export async function createCertificate(folder: string, name: string): Promise<Certificate> {
  const openssl = (...args: readonly string[]) =>
    runTool("openssl", args, { cwd: folder, log: join(folder, "openssl.log"), patient: false });
  const key = ["-newkey", "rsa:2048", "-nodes"];
  await openssl(
    ...["req", "-x509", ...key, "-keyout", "authority.key", "-out", "authority.pem", "-days", "2"],
    ...["-subj", "/CN=authority", "-addext", "basicConstraints=critical,CA:TRUE"],
  );
  await writeFile(join(folder, "server.ext"), `subjectAltName=${name}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  await openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server");
  await openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"],
    ...["-out", "server.pem", "-days", "2", "-extfile", "server.ext"],
  );
  return {
    authorityFile: join(folder, "authority.pem"),
    certificateFile: join(folder, "server.pem"),
    keyFile: join(folder, "server.key"),
  };
}
