import { diagnostic } from "../diagnostics/diagnostics.ts";
import { kebabCase } from "../model/naming.ts";
import type { Check } from "./check.ts";
import { brokenNameRule, legalName } from "./name-rules.ts";

/** A subscriber's name becomes a subscription's, and part of its dead letter topic's. */
export const checkSubscriberNames: Check = (useCases) =>
  useCases.flatMap(({ subscribers }) =>
    subscribers.flatMap(({ name, span }) => {
      const rule = brokenNameRule(name);
      const suggestion = legalName(kebabCase(name), "subscriber");
      return rule ? [diagnostic("bad-subscriber-name", span, { name, rule, suggestion })] : [];
    }),
  );
