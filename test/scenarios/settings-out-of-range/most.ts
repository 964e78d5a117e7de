export const MOST = 1_000 * 2;
