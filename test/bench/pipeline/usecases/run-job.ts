import { type Uint, useCase } from "fivefold";

/** A file is to be processed. */
export interface Job {
  fileId: string;
  teamId: string;
  sizeBytes: Uint;
  kind: "image" | "video" | "document";
  uploadedAt: Date;
  path: string;
  labels: string[];
}

export default useCase<Job>({
  owner: "team-bench",
  flowControl: { maxInFlight: 512 },
  handler: async () => {},
});
