import type { DynamoDBRecord } from "aws-lambda";
import { useCase } from "fivefold";

export interface TableChanged {
  table: string;
  records: DynamoDBRecord[];
}

export default useCase<TableChanged>({ owner: "team-data", handler: () => {} });
