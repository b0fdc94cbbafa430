import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// The api process replaces this mark in index.html by the nonce of each answer, so that a
// Content-Security-Policy without 'unsafe-inline' lets Ant Design's style elements in.
const NONCE_MARK = "__CSP_NONCE__";

const KEPT_MS = 24 * 60 * 60 * 1000;

/** An api that is up still serves the former build: its files go a day later, not at once. */
function keepFormerBuild(): Plugin {
  return {
    name: "keep-former-build",
    writeBundle({ dir }, bundle) {
      const folder = join(dir ?? "dist", "assets");
      for (const file of readdirSync(folder)) {
        const path = join(folder, file);
        if (!(`assets/${file}` in bundle) && Date.now() - statSync(path).mtimeMs > KEPT_MS) rmSync(path);
      }
    },
  };
}

export default defineConfig(({ command }) => ({
  plugins: [react(), keepFormerBuild()],
  html: command === "build" ? { cspNonce: NONCE_MARK } : {},
  server: {
    port: 5173,
    proxy: { "/api": { target: process.env.YIXIANG_API ?? "http://127.0.0.1:8765" } },
  },
  build: {
    target: "es2022",
    emptyOutDir: false,
    assetsInlineLimit: 0, // a data: URL would need its own exception in the policy
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
}));
