/** When a use case enqueues an event by itself: as `cron` says in `timeZone`, or every so often. */
export interface ScheduleSettings {
  readonly name: string;
  /** Five fields, or six with seconds first. */
  readonly cron?: string | undefined;
  /** Set with `cron`: an IANA name. */
  readonly timeZone?: string | undefined;
  /** In whole periods since the Unix epoch. */
  readonly everyMs?: number | undefined;
  /** Of the ticks that nobody could fire in time, how many of the latest are made up for. */
  readonly missed: number;
}

/** A moment at which a schedule enqueues an event. */
export interface Tick {
  /** When it is by the schedule, whatever the time is now. */
  readonly at: Date;
  /** The schedule's name. */
  readonly schedule: string;
}

/** What a use case's schedules enqueue. */
export interface Scheduled<Client> {
  /** By the schedule's name: the event of a tick. */
  readonly events: Readonly<Record<string, (tick: Tick) => unknown>>;
  /** Loads what its client knows. */
  readonly client: () => Promise<Client>;
}

/** Enqueues an event at each of its ticks, once, however many processes run the use case. */
export type Schedule<E> = (CronSchedule | EverySchedule) & {
  /**
   * The tick's event. The same tick must give the same event, since a process that is killed at the wrong moment leaves the
   * tick to another: go by `tick.at`, not by the time of the call.
   */
  event: (tick: Tick) => E;
  /**
   * What becomes of ticks that no process was there for within a minute: none is made up for, the latest one, or so many, the
   * latest. Default `"latest"`.
   */
  missed?: "skip" | "latest" | { all: number };
};

interface CronSchedule {
  /** Minute, hour, day of the month, month, day of the week: `"0 3 * * *"`. With six fields the first is seconds. */
  cron: string;
  /** The IANA name of the zone in which the fields are read. Default `"UTC"`. */
  timeZone?: string;
  every?: never;
}

interface EverySchedule {
  /** At least `"1s"`. Ticks are whole periods since the Unix epoch: `"1d"` is midnight in UTC. */
  every: `${number}${"ms" | "s" | "m" | "h" | "d"}`;
  cron?: never;
  timeZone?: never;
}
