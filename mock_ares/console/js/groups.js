// Scenarios by what they show: those of the library by the family of their names, which checks and reports have, too.

const YOURS = "Yours, in the order in which they are asked";
const REST = "Everything else";
const FAMILIES = [
  ["Text and chunks", /^(built-in|plain|everything|empty-answer|long-answer|lines|slow-tokens|many-chunks|duplicate-chunk|text-|chunk-(split|spaces|empty))/],
  ["Where reads end", /^(read-|incremental)/],
  ["The event stream", /^(eol-|bom|no-colon|no-space|comments|fields|event-type|charset|bad-utf8|unterminated|long-line)/],
  ["Records with an end", /^(typed|delta|missing-end|error-event)/],
  ["HTTP around it", /^(http-chunks|chunk-ext|trailers|early-|gzip|close-delimited|length-|redirect|not-sse|request|before-body)/],
  ["Errors and limits", /^(status-|rate-limited|retry-after)/],
  ["Broken off", /^(drop-|short-length|empty-reply|garbage|malformed-chunk|stale-connection)/],
  ["HTTP/2 and TLS", /^(h2-|tls-)/],
  ["Silence and patience", /^(stall|silence|slow-head|patience|cancel|once|retry$)/],
  ["Routes and conditions", /^(when-|route-)/],
];

const groupOf = ({ name, origin }) => (origin === "file" || origin === "text" ? YOURS : (FAMILIES.find(([, names]) => names.test(name))?.[0] ?? REST));

const FEW = 15;

/** The same scenarios with a heading before each group: {heading, name}; a few are seen without. */
export function grouped(scenarios) {
  const groups = new Map([YOURS, ...FAMILIES.map(([title]) => title), REST].map((title) => [title, []]));
  for (const scenario of scenarios) groups.get(groupOf(scenario)).push(scenario);
  const filled = [...groups].filter(([, members]) => members.length > 0);
  if (scenarios.length < FEW || filled.length < 2) return scenarios;
  return filled.flatMap(([heading, members]) => [{ heading: `${heading} · ${members.length}`, name: `§ ${heading}` }, ...members]);
}
