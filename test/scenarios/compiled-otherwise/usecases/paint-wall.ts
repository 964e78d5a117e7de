import { useCase } from "fivefold";

/** A library's, of which nothing is there when the use case runs. */
declare const enum Colour {
  Red = 1,
}

export interface WallGiven {
  wall: string;
}

export default useCase<WallGiven>({
  owner: "team-samples",
  handler: async ({ wall }) => console.log(wall, Colour.Red),
});
