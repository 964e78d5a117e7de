import { join } from "node:path";
import { deploy } from "./deploy.ts";

/** The program that `pulumi up` runs in this folder: the use cases of this project. */
export default () => deploy({ root: join(import.meta.dirname, "..") });
