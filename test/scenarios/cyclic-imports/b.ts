import { A } from "./a.ts";

export const B: number = A + 1;
