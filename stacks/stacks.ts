/** What a Pulumi program imports: `deploy`, or the components that it is made of and what they take. */

export type { CaptureConfig, CaptureSettings } from "./capture-config.ts";
export { BacklogExporter, type BacklogExporterArgs } from "./components/backlog-exporter.ts";
export { Capture, type CaptureArgs } from "./components/capture.ts";
export { Executor, type ExecutorArgs } from "./components/executor.ts";
export { ExecutorNamespace, type ExecutorNamespaceArgs } from "./components/executor-namespace.ts";
export { Gateway, type GatewayArgs } from "./components/gateway.ts";
export { Monitoring, type MonitoringArgs } from "./components/monitoring.ts";
export { PulsarNamespace, type PulsarNamespaceArgs } from "./components/pulsar-namespace.ts";
export { PulsarTenant, type PulsarTenantArgs } from "./components/pulsar-tenant.ts";
export { StackClaim, type StackClaimArgs } from "./components/stack-claim.ts";
export { UseCase, type UseCaseArgs, type UseCaseSchema } from "./components/use-case.ts";
export { type KubernetesConfig, readConfig, type StackConfig } from "./config.ts";
export { type Deployed, type DeployOptions, deploy } from "./deploy.ts";
export { homeOf } from "./deploy-executors.ts";
export type { GatewayConfig } from "./gateway-config.ts";
export type { Egress, EgressPort } from "./kubernetes/egress.ts";
export type { PodExtras } from "./kubernetes/pod-extras.ts";
export type { Services } from "./kubernetes/services.ts";
export type { Home } from "./kubernetes/workload.ts";
export { type ManifestUseCase, readManifest } from "./manifest.ts";
export type { DataLossGuardInputs, GuardedTopic } from "./pulsar/data-loss-guard.ts";
export type { NamespacePolicies } from "./pulsar/namespace-policies.ts";
export { DataLossGuard } from "./pulsar/resources.ts";
export { pulsarSchema } from "./schema/pulsar-schema.ts";
export { USE_CASE_DEFAULTS, type UseCaseConfig } from "./use-case-config.ts";
