export default { emitter: [] };
