/** Levels of objects, the event's own included. Protobuf's decoders refuse at 100, JSON's often earlier. */
export const MAX_DEPTH = 32;
