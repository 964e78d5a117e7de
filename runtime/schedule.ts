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
