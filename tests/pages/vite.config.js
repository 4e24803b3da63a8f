// Two pages, built as their users would: React's and the one that renders markdown.
export default {
  base: "./",
  esbuild: { jsx: "automatic" },
  logLevel: "warn",
  build: {
    outDir: "dist",
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["./react/index.html", "./markdown/index.html"] },
  },
};
