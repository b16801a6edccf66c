import react from "@vitejs/plugin-react";
import { defineConfig, type ProxyOptions } from "vite";

/** Where `pnpm dev` of the sidecar listens. */
const sidecarUrl = "http://127.0.0.1:4310";

// The sidecar compares Host and Origin byte for byte: while developing, both have to name the sidecar.
const toSidecar: ProxyOptions = {
  target: sidecarUrl,
  changeOrigin: true,
  headers: { origin: sidecarUrl },
};

export default defineConfig({
  plugins: [react()],
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    proxy: { "/trpc": toSidecar, "/chatkit": toSidecar },
  },
  build: {
    // Under the page's content security policy every file comes from an address of its own.
    assetsInlineLimit: 0,
    sourcemap: false,
    // The browsers that know all the CSS we write.
    target: ["chrome123", "firefox121", "safari17.5"],
  },
});
