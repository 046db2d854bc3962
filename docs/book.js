// The live page in its frame is light or dark as the book is.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  const frames = [...document.querySelectorAll("iframe[src*='live.html']")];
  const follow = () => frames.forEach(frame => {
    const [page, state] = frame.getAttribute("src").split("#");
    const rest = state.split("&").filter(part => !part.startsWith("theme="));
    const wanted = `${page}#${[...rest, `theme=${root.dataset.theme}`].join("&")}`;
    if (wanted !== frame.getAttribute("src")) frame.src = wanted;
  });
  new MutationObserver(follow).observe(root, { attributeFilter: ["data-theme"] });
  follow();
});
