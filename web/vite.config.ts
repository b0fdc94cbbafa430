import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The api process replaces this mark in index.html by the nonce of each answer, so that a
// Content-Security-Policy without 'unsafe-inline' lets Ant Design's style elements in.
const NONCE_MARK = "__CSP_NONCE__";

export default defineConfig(({ command }) => ({
  plugins: [react()],
  html: command === "build" ? { cspNonce: NONCE_MARK } : {},
  server: {
    port: 5173,
    proxy: { "/api": { target: process.env.YIXIANG_API ?? "http://127.0.0.1:8765" } },
  },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // a data: URL would need its own exception in the policy
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
}));
