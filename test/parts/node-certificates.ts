import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "./run-tool.ts";

/** Files of a certificate and its key. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** An authority of a test's own. */
export interface Authority extends Identity {
  /** `subject`: as OpenSSL writes it, `/O=system:nodes/CN=…`; `names`: as its extension, `DNS:localhost,IP:127.0.0.1`. */
  issue(name: string, subject: string, names?: string): Promise<Identity>;
}

export async function createAuthority(folder: string, name: string): Promise<Authority> {
  const log = join(folder, "openssl.log");
  const openssl = (...args: string[]) => runTool("openssl", args, { cwd: folder, log, patient: false });
  const identity = (of: string): Identity => ({
    certificate: join(folder, `${of}.crt`),
    key: join(folder, `${of}.key`),
  });
  const own = identity(name);
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    own.key,
    "-out",
    own.certificate,
    "-subj",
    `/CN=${name}`,
    "-days",
    "30",
  );
  return {
    ...own,
    async issue(of, subject, names) {
      const { certificate, key } = identity(of);
      const [request, extensions] = [join(folder, `${of}.csr`), join(folder, `${of}.ext`)];
      await writeFile(
        extensions,
        `extendedKeyUsage=serverAuth,clientAuth\n${names === undefined ? "" : `subjectAltName=${names}\n`}`,
      );
      await openssl("req", ...newKey, "-keyout", key, "-out", request, "-subj", subject);
      const signer = ["-CA", own.certificate, "-CAkey", own.key, "-CAcreateserial"];
      await openssl(
        "x509",
        "-req",
        "-in",
        request,
        ...signer,
        "-out",
        certificate,
        "-days",
        "30",
        "-extfile",
        extensions,
      );
      return { certificate, key };
    },
  };
}
