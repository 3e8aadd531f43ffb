import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/helpers/bundle.ts"],
    testTimeout: 300_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
