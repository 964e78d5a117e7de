import type { FivefoldError } from "../../../contract/errors.ts";
import type { Command, CommandValues } from "./commands.ts";

/** A message as it came: views of what was received. */
export interface Delivery {
  readonly command: CommandValues<"message">;
  readonly metadata: Buffer;
  readonly payload: Buffer;
}

/** A producer or a consumer, as its connection sees it. */
export interface Endpoint {
  onCommand(command: Command): void;
  onMessage?(delivery: Delivery): void;
  /** The broker takes in more again. */
  onDrain?(): void;
  /** The connection is gone. */
  onEnd(error: FivefoldError): void;
}
