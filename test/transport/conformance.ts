import { afterEach, describe } from "vitest";
import type { Transport } from "../../runtime/transport/transport.ts";
import { describeClosing } from "./conformance/closing.ts";
import { describeDeclaring } from "./conformance/declaring.ts";
import { describeHistory } from "./conformance/history.ts";
import { describeHoldingBack } from "./conformance/holding-back.ts";
import { describeInventory } from "./conformance/inventory.ts";
import { describeKeeping } from "./conformance/keeping.ts";
import { describeKeyOrder } from "./conformance/key-order.ts";
import { describeReceiving } from "./conformance/receiving.ts";
import { describeSettling } from "./conformance/settling.ts";
import { describeSharingAPlace } from "./conformance/sharing-a-place.ts";
import type { Pace, Place, Subject } from "./conformance/subject.ts";

/**
 * What every transport must do. Where transports differ, the suite asks the transport's capabilities, never its name.
 */
export function describeTransport(name: string, createPlace: () => Promise<Place>, pace: Pace = {}): void {
  describe(`${name} as a transport`, () => {
    let place: Place | undefined;
    let transports: Transport[] = [];

    afterEach(async () => {
      for (const transport of transports) await transport.close();
      transports = [];
      await place?.remove();
      place = undefined;
    });

    const subject: Subject = {
      patienceMs: pace.patienceMs ?? 15,
      orderRuns: pace.orderRuns ?? 30,
      async open() {
        place ??= await createPlace();
        const transport = await place.open();
        transports.push(transport);
        return transport;
      },
      elsewhere: () => place?.elsewhere,
    };
    describeDeclaring(subject);
    describeKeeping(subject);
    describeInventory(subject);
    describeReceiving(subject);
    describeSettling(subject);
    describeHoldingBack(subject);
    describeClosing(subject);
    describeSharingAPlace(subject);
    describeKeyOrder(subject);
    describeHistory(subject);
  });
}
