import { describeExecutorLife } from "../e2e/stacks/executor-life.ts";
import { installKubernetesProvider } from "../parts/kubernetes-provider-install.ts";

describeExecutorLife(installKubernetesProvider);
