import type { Connection } from "../connection.ts";
import type { ReportProblem, UseCaseSettings } from "../contract/contract.ts";
import type { MetricSource } from "../metrics/exposition.ts";
import type { Ports } from "../ports/ports.ts";
import type { GatewayUseCase } from "./entry.ts";

export interface GatewayOptions {
  readonly connection: Connection;
  readonly useCases: readonly GatewayUseCase[];
  /** The file that says who may send what. Absent: whoever comes may, to a name of this machine's loopback. */
  readonly tokens?: string | undefined;
  /** 0: any that is free. Default 8080. */
  readonly port?: number | undefined;
  /** The address to listen on. Default: all of this machine's. */
  readonly host?: string | undefined;
  /** Events a second of each producer for each use case. Default: any number. */
  readonly perSecond?: number | undefined;
  /** Bytes of bodies that are held at a time, over all requests. Default 64 MiB. */
  readonly roomBytes?: number | undefined;
  /** Requests that are served at a time. Default 1,024. */
  readonly requests?: number | undefined;
  /** Connections at a time: further ones are closed. Default 4,096. */
  readonly connections?: number | undefined;
  /** Told of what is no caller's fault. */
  readonly reportProblem: ReportProblem;
}

/** Takes events by HTTP. */
export interface Gateway {
  readonly port: number;
  /** `http://127.0.0.1:8080` */
  readonly address: string;
  readonly useCases: readonly UseCaseSettings[];
  readonly ports: Ports;
  readonly metrics: MetricSource;
  /** Whether it is about to end. */
  readonly draining: boolean;
  /**
   * Goes on for `leaveMs` (default 0), while those who send look for another gateway; then takes no more connections, answers
   * what is under way within `graceMs` (default 25 s), and closes all. The connection's ports stay open.
   */
  drain(graceMs?: number, leaveMs?: number): Promise<void>;
}
