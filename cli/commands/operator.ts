import { hostname, userInfo } from "node:os";

/** Who gives this command: `ada@ops-1`. */
export function operatorName(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A user that the system does not know has only a number.
    return `uid ${process.getuid?.() ?? "unknown"}@${hostname()}`;
  }
}
