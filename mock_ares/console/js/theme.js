// Before the first paint, so that no page flashes in the wrong colours. A choice is kept; else the system's holds.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      return localStorage.getItem("mock-ares-theme");
    } catch {
      return null; // storage may be forbidden
    }
  };
  const apply = () => {
    const choice = stored();
    const theme = choice === "dark" || choice === "light" ? choice : dark.matches ? "dark" : "light";
    if (document.documentElement.dataset.theme === theme) return;
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event("themechange"));
  };
  dark.addEventListener("change", apply);
  addEventListener("storage", apply); // another tab's switch
  apply();
  window.switchTheme = () => {
    const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("mock-ares-theme", theme === (dark.matches ? "dark" : "light") ? "system" : theme);
    } catch {
      document.documentElement.dataset.theme = theme; // for this page only
      dispatchEvent(new Event("themechange"));
      return theme;
    }
    apply();
    return theme;
  };
})();
