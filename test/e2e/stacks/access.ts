import { once } from "node:events";
import WebSocket from "ws";
import type { PulsarBroker } from "../../parts/pulsar-broker.ts";

/** A topic, or a subscription of one. */
export interface Place {
  readonly topic: string;
  readonly subscription?: string;
}

/** Whether the broker lets a role publish to a topic, or consume where there is a subscription. */
export async function lets(broker: PulsarBroker, role: string, { topic, subscription }: Place): Promise<boolean> {
  const kind = subscription === undefined ? "producer" : "consumer";
  const end = subscription === undefined ? "" : `/${subscription}?subscriptionType=Shared&receiverQueueSize=1`;
  const socket = new WebSocket(`${broker.webSocketUrl}/ws/v2/${kind}/persistent/shop/test/${topic}${end}`, {
    headers: { authorization: `Bearer ${broker.tokenFor(role)}` },
  });
  try {
    await once(socket, "open");
    return true;
  } catch (error) {
    if (/401|403/.test((error as Error).message)) return false;
    throw error;
  } finally {
    socket.terminate();
  }
}

/** The status of a request of a role to the admin REST API. */
export async function adminStatus(broker: PulsarBroker, role: string, method: string, path: string, body?: unknown) {
  const response = await fetch(`${broker.adminUrl}/admin/v2${path}`, {
    method,
    headers: { "content-type": "application/json", authorization: `Bearer ${broker.tokenFor(role)}` },
    body: body === undefined ? null : JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response.status;
}
