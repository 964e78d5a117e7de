/* What Azure's host gives to `@azure/functions`: this one keeps what is registered. */
/** @type {{ azureCore: { functions: Map<string, object>; model?: object } }} */
const { azureCore } = /** @type {any} */ (globalThis);
class Disposable {
  dispose() {}
}
module.exports = {
  Disposable,
  version: "1.0.0",
  hostVersion: "4.1000.0",
  /** @param {object} model */
  setProgrammingModel: (model) => {
    azureCore.model = model;
  },
  getProgrammingModel: () => azureCore.model,
  /**
   * @param {{ name: string }} metadata
   * @param {() => unknown} callback
   */
  registerFunction(metadata, callback) {
    azureCore.functions.set(metadata.name, { metadata, callback });
    return new Disposable();
  },
  registerHook: () => new Disposable(),
  log() {},
};
