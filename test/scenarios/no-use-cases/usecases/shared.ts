export const OWNER = "team-a";
