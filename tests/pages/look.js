// What is wrong with the page that is open: each function returns a list of sentences, empty where all is well.
window.look = (() => {
  const visible = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const name = (element) => {
    const text = (element.innerText || element.alt || element.src || "").trim().slice(0, 40);
    return `<${element.tagName.toLowerCase()} class="${element.getAttribute("class") || ""}"> ${text}`;
  };

  const brokenImages = () =>
    [...document.images].filter((image) => image.complete && image.naturalWidth === 0).map(name);

  const imagesWithoutText = () => [...document.images].filter((image) => !(image.alt || "").trim()).map(name);

  const badFormulas = () => {
    const unset = [...document.querySelectorAll(".math")].filter((math) => !math.querySelector("mjx-container"));
    return [...unset, ...document.querySelectorAll("mjx-merror, [data-mjx-error]")].map(name);
  };

  const scrolls = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);

  // What sticks out to the right without a box of its own to scroll in.
  const tooWide = () => {
    const wide = [];
    const root = document.documentElement;
    if (root.scrollWidth > window.innerWidth) wide.push(`the page is ${root.scrollWidth} pixels wide`);
    for (const element of document.querySelectorAll("main *")) {
      if (element.closest("mjx-assistive-mml") || !visible(element)) continue;
      if (element.getBoundingClientRect().right <= window.innerWidth + 1) continue;
      let box = element.parentElement;
      while (box && !scrolls(box)) box = box.parentElement;
      if (!box || box === document.body || box === root) wide.push(name(element));
    }
    return wide;
  };

  const channels = (colour) => {
    const parts = colour.match(/[\d.]+/g).map(Number);
    const unit = colour.startsWith("color(") ? 255 : 1;
    return { rgb: parts.slice(0, 3).map((part) => part * unit), alpha: parts.length > 3 ? parts[3] : 1 };
  };

  const over = (top, bottom) => top.rgb.map((part, k) => part * top.alpha + bottom[k] * (1 - top.alpha));

  const background = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const layer = channels(getComputedStyle(e).backgroundColor);
      if (layer.alpha > 0) layers.push(layer);
      if (layer.alpha === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };

  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  const contrast = (a, b) => {
    const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };

  // Text below the contrast that WCAG 2 asks for at level AA: 4.5, or 3 where it is large.
  const illegible = () => {
    const found = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.textContent.trim() || !visible(element)) continue;
      if (element.closest("script, style, noscript, mjx-container")) continue;
      const style = getComputedStyle(element);
      const behind = background(element);
      const ratio = contrast(over(channels(style.color), behind), behind);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (large ? 3 : 4.5)) found.set(`${style.color} ${behind}`, `${ratio.toFixed(2)}: ${name(element)}`);
    }
    return [...found.values()];
  };

  return { brokenImages, imagesWithoutText, badFormulas, tooWide, illegible };
})();
