import * as pulumi from "@pulumi/pulumi";

/**
 * What Pulumi's host of dynamic resources runs to get a provider; it is kept in the stack's state. `pulumi.dynamic.Resource`
 * would write the provider's whole code there, and every release of this package would then be a change of every
 * resource. This names the code instead, in the package that is installed where the program runs.
 */
function providerCode(kind: string): string {
  return (
    'exports.handler = () => require("node:module").createRequire(process.cwd() + "/")' +
    `("fivefold/stacks/provider").providerOf("${kind}");`
  );
}

/** A thing on a Pulsar cluster that Pulumi keeps as its inputs say, through Pulumi's dynamic resources. */
export abstract class PulsarResource extends pulumi.CustomResource {
  constructor(kind: string, name: string, inputs: pulumi.Inputs, options?: pulumi.CustomResourceOptions) {
    super(`pulumi-nodejs:dynamic/pulsar:${kind}`, name, { ...inputs, __provider: providerCode(kind) }, options);
  }
}
