import type { Span } from "../../diagnostics/diagnostics.ts";
import type { SettingsScope } from "./reader.ts";

/** What says what becomes of a subscriber's tasks, by where it stands; what is absent is not there. */
interface Ways {
  /** Of messages: "The use case". */
  readonly inside: string;
  readonly handler: Span | undefined;
  readonly batchHandler: Span | undefined;
  readonly target: Span | undefined;
  readonly batch: Span | undefined;
  /** Where `batch` is written, or would be. */
  readonly batchPath: string;
  readonly subscribers?: Span | undefined;
}

/** Finds use cases and subscribers that handle nothing, or in two ways that can't both be, or in another way than they say. */
export function checkHandlers(subscribers: ReadonlyMap<string, unknown> | undefined, scope: SettingsScope): void {
  const { spans } = scope;
  const own: Ways = {
    inside: "The use case",
    handler: spans.handler,
    batchHandler: spans.batchHandler,
    target: spans["delivery.target"],
    batch: spans["execution.batch"],
    batchPath: "execution.batch",
    subscribers: spans.subscribers,
  };
  checkSubscribers(own, subscribers, scope);
  checkWay(own, scope.callee, scope);
  for (const name of subscribers?.keys() ?? []) {
    const path = `subscribers.${name}`;
    const place = spans[path];
    if (!place) continue;
    const way: Ways = {
      inside: `The subscriber '${name}'`,
      handler: spans[`${path}.handler`],
      batchHandler: spans[`${path}.batchHandler`],
      target: spans[`${path}.target`],
      batch: spans[`${path}.batch`],
      batchPath: `${path}.batch`,
    };
    checkWay(way, place, scope);
  }
}

function checkSubscribers(
  own: Ways,
  written: ReadonlyMap<string, unknown> | undefined,
  { report }: SettingsScope,
): void {
  const { inside, target, batch, subscribers } = own;
  if (!subscribers) return;
  const handler = own.handler ?? own.batchHandler;
  if (handler) {
    report("handler-and-subscribers", subscribers, {}, [{ message: "The handler is here.", span: handler }]);
  } else if (target) {
    const related = [{ message: "The subscribers are here.", span: subscribers }];
    report("handler-and-target", target, { inside, other: "subscribers" }, related);
  } else if (written?.size === 0) report("missing-handler", subscribers, { inside });
  if (batch) {
    const related = [{ message: "The subscribers are here.", span: subscribers }];
    report("batch-mismatch", batch, { inside, path: own.batchPath, has: "subscribers" }, related);
  }
}

function checkWay(way: Ways, place: Span, { report }: SettingsScope): void {
  const { inside, handler, batchHandler, target, batch, batchPath: path } = way;
  if (way.subscribers) return;
  const any = handler ?? batchHandler;
  if (!any && !target) {
    report("missing-handler", place, { inside });
    return;
  }
  if (any && target) {
    report("handler-and-target", target, { inside, other: "a handler" }, [
      { message: "The handler is here.", span: any },
    ]);
    return;
  }
  const set = batch ? [{ message: "The batch is set here.", span: batch }] : [];
  if (handler && batchHandler)
    report("batch-mismatch", batchHandler, { inside, path, has: "both" }, [
      { message: "The other is here.", span: handler },
    ]);
  else if (batchHandler && !batch) report("batch-mismatch", batchHandler, { inside, path, has: "no batch" });
  else if (batch && handler) report("batch-mismatch", handler, { inside, path, has: "handler" }, set);
  else if (batch && target) report("batch-mismatch", target, { inside, path, has: "target" }, set);
}
