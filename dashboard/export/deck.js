(() => {
  "use strict";
  const slides = [...document.querySelectorAll(".slide")];
  const at = document.getElementById("at");
  const body = document.body;
  let now = 0;
  const asked = () => Math.min(Math.max((parseInt(location.hash.replace(/\D/g, ""), 10) || 1) - 1, 0), slides.length - 1);
  const show = (i) => {
    now = Math.min(Math.max(i, 0), slides.length - 1);
    slides.forEach((s, n) => s.classList.toggle("on", n === now));
    at.textContent = `${now + 1} / ${slides.length}`;
    window.scrollTo(0, 0);
  };
  const go = (i) => {
    const to = Math.min(Math.max(i, 0), slides.length - 1);
    show(to);
    try { history.replaceState(null, "", `#${to + 1}`); } catch { location.hash = `${to + 1}`; }
  };
  const acts = {
    prev: () => go(now - 1),
    next: () => go(now + 1),
    room: () => document.documentElement.classList.toggle("dark"),
    table: () => body.classList.toggle("with-table"),
    notes: () => body.classList.toggle("with-notes"),
    full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
    print: () => window.print(),
  };
  const keys = {
    ArrowRight: "next", PageDown: "next", ArrowLeft: "prev", PageUp: "prev",
    d: "room", t: "table", n: "notes", f: "full", p: "print",
  };
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
    if (key === "Home") go(0);
    else if (key === "End") go(slides.length - 1);
    else if (key === " " && !/BUTTON|A/.test(document.activeElement.tagName)) go(now + (e.shiftKey ? -1 : 1));
    else if (/^[1-9]$/.test(key)) go(parseInt(key, 10) - 1);
    else if (keys[key]) acts[keys[key]]();
    else return;
    e.preventDefault();
  });
  document.querySelectorAll("[data-do]").forEach((b) => b.addEventListener("click", () => acts[b.dataset.do]()));
  addEventListener("hashchange", () => show(asked()));
  // a mark says its number or state where the pointer or the focus is
  const say = (e) => {
    const mark = e.target.closest("[data-said]");
    if (!mark) return;
    const line = mark.closest(".drawing").querySelector(".said");
    if (line) line.textContent = mark.dataset.said;
  };
  ["pointerover", "focusin", "click"].forEach((name) => document.addEventListener(name, say));
  // a key of the legend takes its part out; the others are drawn to the new scale
  document.querySelectorAll(".key").forEach((key) => key.addEventListener("click", () => {
    const on = key.getAttribute("aria-pressed") !== "true";
    key.setAttribute("aria-pressed", String(on));
    const drawing = key.closest(".drawing");
    const off = new Set([...drawing.querySelectorAll('.key[aria-pressed="false"]')].map((k) => k.dataset.part));
    const parts = [...drawing.querySelectorAll(".part")];
    parts.forEach((p) => { p.hidden = off.has(p.dataset.part); });
    const sums = [...drawing.querySelectorAll(".lane")].map((lane) =>
      [...lane.querySelectorAll(".part:not([hidden])")].reduce((sum, p) => sum + Number(p.dataset.n), 0));
    const most = Math.max(1, ...sums);
    parts.forEach((p) => { p.style.width = `${(100 * p.dataset.n) / most}%`; });
  }));
  if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.classList.add("dark");
  body.classList.add("ready");
  show(asked());
})();
