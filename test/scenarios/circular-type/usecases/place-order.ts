import { useCase } from "fivefold";

type Contact = Contact | string;

export interface OrderPlaced {
  id: string;
  contact: Contact;
}

export default useCase<OrderPlaced>({ owner: "team-shop", handler: () => {} });
