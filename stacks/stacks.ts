/** What a Pulumi program imports: `deploy`, or the components that it is made of. */
export { BacklogExporter, type BacklogExporterArgs } from "./components/backlog-exporter.ts";
export { Executor, type ExecutorArgs } from "./components/executor.ts";
export { ExecutorNamespace, type ExecutorNamespaceArgs } from "./components/executor-namespace.ts";
export { Monitoring, type MonitoringArgs } from "./components/monitoring.ts";
export { PulsarNamespace, type PulsarNamespaceArgs } from "./components/pulsar-namespace.ts";
export { PulsarTenant, type PulsarTenantArgs } from "./components/pulsar-tenant.ts";
export { UseCase, type UseCaseArgs, type UseCaseSchema } from "./components/use-case.ts";
export { type Deployed, type DeployOptions, deploy } from "./deploy.ts";
export type { Home } from "./kubernetes/workload.ts";
export { type ManifestUseCase, readManifest } from "./manifest.ts";
export type { NamespacePolicies } from "./pulsar/namespace-policies.ts";
export { USE_CASE_DEFAULTS, type UseCaseConfig } from "./use-case-config.ts";
