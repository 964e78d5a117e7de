/*
 * Protobuf's wire format, as generated codecs use it: what depends on an event's shape is generated, what does not is
 * written once, here. Writer and Reader allocate nothing but the values they make, and see one class of buffer only,
 * so that V8 compiles their methods for exactly that one.
 */

export {
  ABSENT,
  decodeMessage,
  type ReadEntry,
  type Reader,
  type ReadMessage,
  readTimestamp,
  setEntry,
  setProperty,
  trimTuple,
} from "./wire-reader.ts";
export { encodeMessage, integerKeys, type WriteMessage, type Writer } from "./wire-writer.ts";
