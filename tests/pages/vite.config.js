// Pages that are built as their users would: React's, the one that renders markdown, and widgets from npm.
export default {
  base: "./",
  esbuild: { jsx: "automatic" },
  logLevel: "warn",
  build: {
    outDir: "dist",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000, // kB: a widget is large
    rollupOptions: { input: ["react", "markdown", "deep-chat", "nlux"].map((page) => `./${page}/index.html`) },
  },
};
