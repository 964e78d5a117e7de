/** What a broker that deduplicates does with producers' messages, and a network that can fail at any point. */
export interface ProducersBroker {
  readonly url: string;
  /** Ids of the records that are stored, in their order. */
  readonly stored: readonly string[];
  /** Stores what comes, and loses the receipts. */
  losesReceipts: boolean;
  /** Holds connections that are being made until `letIn`. */
  holdsConnections: boolean;
  readonly heldConnections: number;
  letIn(): void;
  /** Ends all connections. */
  cut(): void;
  close(): Promise<void>;
}
