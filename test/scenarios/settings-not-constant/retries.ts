export const RETRIES = Number("3");
