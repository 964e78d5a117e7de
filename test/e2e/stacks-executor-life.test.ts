import { describeExecutorLife } from "./stacks/executor-life.ts";

// By the stand-in; test/e2e-node asks the real provider the same.
describeExecutorLife();
