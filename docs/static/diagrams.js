// Colours come from site.css, so that they follow the page's theme without redrawing.
mermaid.initialize({
  startOnLoad: true,
  theme: "base",
  fontFamily: "inherit",
  sequence: { mirrorActors: false, useMaxWidth: true, messageMargin: 42, noteMargin: 12 },
});
