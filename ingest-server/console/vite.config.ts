// How the console is built and tested. The server embeds dist/ and serves it under a strict
// content security policy, so nothing is inlined: no data: URIs, no inline script.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist',
    // The operators' console and the citizens' portal.
    rolldownOptions: { input: ['index.html', 'portal.html'] },
    assetsInlineLimit: 0,
    // The map is one library of a megabyte; it is its own chunk, loaded with the first incident.
    chunkSizeWarningLimit: 1400,
  },
  worker: { format: 'es' },
  server: {
    // In development the API is that of a server on this machine.
    proxy: { '/api': { target: process.env.VONG_API ?? 'http://127.0.0.1:8080' } },
    fs: { allow: ['..'] },
  },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test/setup.ts'],
    restoreMocks: true,
    testTimeout: 30_000,
    env: { TZ: 'Asia/Ho_Chi_Minh' },
  },
});
