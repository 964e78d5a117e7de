import * as provider from "@pulumi/pulumi/provider/index.js";
import { createKubernetesProvider } from "./kubernetes-provider.ts";

// A stand-in for Pulumi's Kubernetes provider, whose binary no package registry has. Started by Pulumi, by this name.
const kubeconfig = process.env.KUBECONFIG;
if (!kubeconfig) throw new Error("KUBECONFIG is not set: the stand-in for the Kubernetes provider reads nothing else");
await provider.main(createKubernetesProvider(kubeconfig), process.argv.slice(2));
