import { service, useCase } from "fivefold";

const PATH = "/events";

/** A file finished uploading. */
interface FileUploaded {
  fileId: string;
  bytes: bigint;
}

export default useCase<FileUploaded>({
  owner: "team-previews",
  scheduler: { orderBy: "fileId" },
  delivery: { target: service("thumbnails", { path: `${PATH}/uploaded`, health: "/healthz" }), retry: { max: 3 } },
});
