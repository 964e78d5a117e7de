import { B } from "./b.ts";

export const A: number = B + 1;
