import { SECRETS } from "../../stacks/config-keys.ts";

/** Keys that were set with `--secret`. */
export const SECRET_KEYS: string[] = SECRETS.map((key) => `fivefold:${key}`);

/** Of nobody: its key was thrown away. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBkzCCATmgAwIBAgIUZ157DUMcy8/8KNufWrZLkUMnEnswCgYIKoZIzj0EAwIw
HjEcMBoGA1UEAwwTc2hvcCB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMzAwMzA1MjFa
GA8yMTI2MTEwNjAzMDUyMVowHjEcMBoGA1UEAwwTc2hvcCB0ZXN0IGF1dGhvcml0
eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJXsR1jihaVTmb6tuboJkfpkOyu3
dM77F9BiuaWmu94zq+J5dBwNYwO/MhNlQ1owudy8Utgou2xAASVVn1uIOcSjUzBR
MB0GA1UdDgQWBBRW1luU7L7z05ZEetSunguZ37QYXzAfBgNVHSMEGDAWgBRW1luU
7L7z05ZEetSunguZ37QYXzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gA
MEUCID1lu6Q+1PFS1n61saR4ivL8YcHLNZ4AiOTc4nozRf4/AiEAruInQoHDJ/Zu
Y8bUMW1pWlmiMKudzHEVHRugbWjyVmI=
-----END CERTIFICATE-----
`;

/** The config of a stack whose Kubernetes cluster has Prometheus and KEDA, as `pulumi config` would show it. */
export const PRODUCTION: Readonly<Record<string, string>> = {
  "fivefold:pulsarAdminUrl": "https://pulsar.example.com:8443",
  "fivefold:pulsarAdminToken": "secret-admin-token",
  "fivefold:tenant": "shop",
  "fivefold:namespace": "production",
  "fivefold:clusters": '["eu", "us"]',
  "fivefold:adminRoles": '["shop-deployer"]',
  "fivefold:metricsRole": "shop-metrics",
  "fivefold:ensemble": "3",
  "fivefold:ackQuorum": "2",
  "fivefold:kubernetesNamespace": "shop",
  "fivefold:image": `registry.example.com/shop@sha256:${"0".repeat(64)}`,
  "fivefold:imagePullSecrets": '["registry"]',
  "fivefold:pulsarUrl": "pulsar+ssl://pulsar-proxy.pulsar.svc.cluster.local:6651,pulsar+ssl://us.pulsar.example.com",
  "fivefold:pulsarWebUrl": "https://pulsar-proxy.pulsar.svc.cluster.local:8443,https://us.pulsar.example.com:8443",
  "fivefold:postgresUrl": "postgres://shop:secret-password@postgres.example.com:5432/shop",
  "fivefold:pulsarTokens": '{"*": "secret-token", "post-ledger-entry": "secret-ledger-token"}',
  "fivefold:secretEnv": '{"deliver-webhook": {"WEBHOOK_KEY": "secret-webhook-key"}}',
  "fivefold:metricsToken": "secret-metrics-token",
  "fivefold:gatewayToken": "secret-gateway-token",
  "fivefold:gatewayTokens": JSON.stringify({
    tokens: [{ producer: "billing", useCases: ["post-ledger-entry"], sha256: "0123456789abcdef".repeat(4) }],
  }),
  "fivefold:gateway": JSON.stringify({
    role: "shop-gateway",
    from: [{ namespace: "ingress" }],
    maxReplicas: 20,
    rate: 500,
  }),
  "fivefold:trustedCertificates": CERTIFICATE,
  "fivefold:prometheusUrl": "http://prometheus.monitoring:9090",
  "fivefold:monitoringLabels": '{"release": "kube-prometheus-stack"}',
  "fivefold:defaults": '{"partitions": 4, "executorRole": "shop-executor", "producers": ["shop-web"]}',
  "fivefold:useCases": JSON.stringify({
    "index-file": { minReplicas: 0, maxReplicas: 50, tasksPerReplica: 100, memory: "1Gi", producers: [] },
    "deliver-webhook": { egress: [{ cidr: "0.0.0.0/0", ports: [443] }], envSecrets: ["webhook-keys"] },
    "post-ledger-entry": { executorRole: "ledger", deadLetterReaders: ["ledger-support"], env: { BOOK: "main" } },
  }),
};

/** The config of a stack that keeps topics on one's own machine. */
export const DEVELOPMENT: Readonly<Record<string, string>> = {
  "fivefold:pulsarAdminUrl": "http://localhost:8080",
  "fivefold:tenant": "public",
  "fivefold:createTenant": "false",
  "fivefold:namespace": "development",
  "fivefold:clusters": '["standalone"]',
};
