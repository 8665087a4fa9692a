/* Written into the page by dashboard/style.py. Saves a chart as SVG or PNG with its title and source in it,
   and gives the focus back to the tile whose certificate was closed. Nothing leaves the browser. */
if (!window.lacuna) {
  window.lacuna = true;
  const NS = "http://www.w3.org/2000/svg";

  // The tile appears a moment after the drawer has gone: wait for it, but not for ever.
  window.lacunaFocus = (cell, tries = 20) => {
    const tile = document.querySelector(`.lc-col a[href*="cell=${CSS.escape(cell).replace(/\\\\/g, "")}"]`);
    if (tile && !document.querySelector('[role="dialog"]')) tile.focus();
    else if (tries) setTimeout(() => window.lacunaFocus(cell, tries - 1), 150);
  };

  const lines = (said, width) => said.split(" ").reduce((all, word) => {
    const last = all[all.length - 1];
    if (last && (last + " " + word).length <= width) all[all.length - 1] = last + " " + word;
    else all.push(word);
    return all;
  }, []);

  const write = (svg, said, x, y, size, colour, family) => {
    const text = document.createElementNS(NS, "text");
    text.setAttribute("x", x);
    text.setAttribute("y", y);
    text.setAttribute("style", `font-family:${family};font-size:${size}px;fill:${colour}`);
    text.textContent = said;
    svg.appendChild(text);
  };

  const picture = (button) => {
    const drawn = [...document.querySelectorAll(`.st-key-${CSS.escape(button.dataset.place)} .main-svg`)]
      .filter((one) => one.getClientRects().length);
    if (!drawn.length) return null;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const width = drawn[0].clientWidth, height = drawn[0].clientHeight;
    const title = lines(button.dataset.title, width / 9), caption = lines(button.dataset.caption, width / 6.4);
    const above = 16 + title.length * 24, below = 12 + caption.length * 17;
    const svg = document.createElementNS(NS, "svg");
    svg.setAttribute("xmlns", NS);
    svg.setAttribute("width", width);
    svg.setAttribute("height", above + height + below);
    const paper = document.createElementNS(NS, "rect");
    paper.setAttribute("width", "100%");
    paper.setAttribute("height", "100%");
    paper.setAttribute("fill", colour("--paper"));
    svg.appendChild(paper);
    const chart = document.createElementNS(NS, "g");
    chart.setAttribute("transform", `translate(0 ${above})`);
    drawn.forEach((one) => [...one.cloneNode(true).childNodes].forEach((part) => chart.appendChild(part)));
    svg.appendChild(chart);
    title.forEach((said, i) => write(svg, said, 6, 24 + i * 24, 18, colour("--ink"), "Georgia, serif"));
    caption.forEach((said, i) => write(svg, said, 6, above + height + 18 + i * 17, 12, colour("--quiet"), "sans-serif"));
    const source = new XMLSerializer().serializeToString(svg).replace(/url\((?:&quot;|["'])?[^#)]*#([^)"'&]+)(?:&quot;|["'])?\)/g, "url(#$1)");
    return { source, width, height: above + height + below };
  };

  const hand = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("button.lc-save");
    const made = button && picture(button);
    if (!made) return;
    const name = `${button.dataset.name}.${button.dataset.form}`;
    const blob = new Blob([made.source], { type: "image/svg+xml;charset=utf-8" });
    if (button.dataset.form === "svg") return hand(blob, name);
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = made.width * 2;
      canvas.height = made.height * 2;
      const context = canvas.getContext("2d");
      context.scale(2, 2);
      context.drawImage(image, 0, 0);
      URL.revokeObjectURL(image.src);
      canvas.toBlob((done) => hand(done, name), "image/png");
    };
    image.src = URL.createObjectURL(blob);
  });
}
