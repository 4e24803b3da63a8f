// Which view is shown, in the address: #/journal/12, #/files/bad%20day.yaml.

export const VIEWS = ["journal", "scenarios", "compose", "files", "controls"];

export function here() {
  const [view, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  let argument = rest.join("/");
  try {
    argument = rest.map(decodeURIComponent).join("/");
  } catch {
    // shown as it stands
  }
  return { view: VIEWS.includes(view) ? view : "journal", argument: argument || null };
}

export function address(view, argument = null) {
  return `#/${view}${argument === null || argument === "" ? "" : `/${String(argument).split("/").map(encodeURIComponent).join("/")}`}`;
}

export function go(view, argument = null) {
  const wanted = address(view, argument);
  if (location.hash !== wanted) location.hash = wanted;
  dispatchEvent(new Event("hashchange")); // the browser's own comes later, and whoever asked may want to focus now
}
