import { perSecond, useCase } from "fivefold";
import { Limit, PATIENT, TEAM } from "../../shared/policies.ts";

/** A file finished uploading. */
export interface FileUploaded {
  fileId: string;
  teamId: string;
  kind: "image" | "video";
}

const HOURS = 2;

/** Keeps the search index up to date. */
const indexFile = useCase<FileUploaded>({
  owner: TEAM,
  frontend: { dedupeBy: "fileId", dedupeFor: `${HOURS}h` },
  scheduler: { orderBy: "fileId", maxDelay: "7d" },
  flowControl: { priority: "high", fairBy: "teamId", maxInFlight: Limit.InFlight, rate: perSecond(500) },
  delivery: { retry: { ...PATIENT, max: PATIENT.max + 1 }, deadline: "12h" },
  execution: { timeout: "10s", scale: { min: 0, max: 50 }, latencyObjective: "2m" },
  subscribers: {
    images: { filter: (event) => event.kind === "image", timeout: "20s", handler: () => {} },
    videos: { filter: (event) => event.kind === "video", retry: { max: 1 }, deadline: "1h", handler: () => {} },
    audit: { handler: () => {} },
  },
});

export default indexFile;
