import { useCase } from "fivefold";
import welcome from "./mails/welcome.html";

export interface MailAsked {
  address: string;
}

export default useCase<MailAsked>({
  owner: "team-samples",
  handler: async ({ address }) => console.log(address, welcome),
});
