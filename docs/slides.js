// Lays the blocks of a lesson out on slides of 1280 x 720 pixels and starts reveal.js. A block begins a new slide
// if the notebook says so (data-start) or if it doesn't fit any more; what came after a question appears with a click.
"use strict";

const WIDTH = 1280, HEIGHT = 720, SIZES = [30, 27, 24]; // pixels of a slide and of its type
const LEAST = 340; // no picture is lower than that, unless it is as wide as the slide
const LITTLE = 12; // words that are no slide of their own
const FLAT = 2.4; // so many times as wide as high, a picture beside words would have too small a type
const trial = document.createElement("div");

/** The largest type in which the blocks fit on one slide, or undefined. */
function fit(blocks) {
  trial.replaceChildren(...blocks);
  const picture = blocks.some(block => block.matches(".picture, .beside")); // which needs the room
  return SIZES.slice(picture ? 1 : 0).find(size => {
    trial.style.setProperty("--size", `${size}px`);
    return trial.scrollHeight <= HEIGHT && blocks.every(block => block.scrollWidth <= block.clientWidth);
  });
}

/** A list that is longer than a slide as lists of one entry each; anything else as it is. */
function entries(child) {
  if (!child.matches("ul") || fit([make("div", "block prose", child.cloneNode(true))])) return [child];
  return [...child.children].map(entry => make("ul", "", entry.cloneNode(true)));
}

/** The parts into which a block can be cut, and what makes a block of some of them again. */
function parts(block) {
  const table = block.querySelector(":scope > table"), pre = block.querySelector(":scope > pre");
  const list = block.querySelector(":scope > ul, :scope > ol");
  const [from, items] = pre ? [pre, pre.innerHTML.split("\n")]
    : block.children.length > 1 || !(table || list) ? [block, [...block.children].flatMap(entries)]
    : table ? [table.tBodies[0], [...table.tBodies[0].rows]] : [list, [...list.children]];
  const join = some => {
    const kept = [...from.childNodes];
    if (pre) pre.innerHTML = some.join("\n"); else from.replaceChildren(...some);
    const copy = block.cloneNode(true);
    from.replaceChildren(...kept);
    return copy;
  };
  return [items, join];
}

/** The end of what stands on a slide that goes along with the next item: a question with its answers, and with a closing bracket the line that it closes. */
function goesAlong(some, item) {
  const indent = line => line.search(/\S|$/), text = line => make("pre", "", ...fragment(line)).textContent;
  let from = some.length;
  if (typeof item !== "string") {
    if (item.matches("ul") && some.at(-1)?.matches("p") && some.at(-1).firstElementChild?.matches("strong")) from--;
  } else if (/^\s*[)\]}]/.test(text(item))) {
    const opened = indent(text(item));
    do from--; while (from > 0 && indent(text(some[from])) > opened);
  }
  return from > 0 ? some.splice(from) : [];
}

/** The nodes of a piece of HTML. */
function fragment(markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  return template.content.childNodes;
}

/** The block if it fits on a slide, otherwise the pieces of it that do. */
function cut(block) {
  if (fit([block])) return [block];
  const [items, join] = parts(block);
  if (items.length < 2) return [block];
  const pieces = [];
  let some = [];
  for (const item of items) {
    const heading = some.length === 1 && /^H\d$/.test(some[0].tagName);
    if (some.length && !heading && !fit([join([...some, item])])) {
      const along = goesAlong(some, item);
      pieces.push(join(some));
      some = along;
    }
    some.push(item);
  }
  return [...pieces, join(some)].flatMap(piece => (piece.isEqualNode(block) ? [piece] : cut(piece)));
}

/** Whether a block that should begin a slide says what the numbers or the picture above it mean. */
function explains(block, above) {
  return block.matches(".prose") && block.dataset.role !== "predict" && above && !above.matches(".prose, .code");
}

/** Whether as much of what is said about a flat picture as fits on its slide stands below it now. */
function saidBelow(blocks, place) {
  const picture = blocks[place].querySelector("img"), said = [blocks[place]];
  if (picture.naturalWidth < FLAT * picture.naturalHeight) return false;
  while (blocks[place + said.length]?.matches(".printed")) said.push(blocks[place + said.length]);
  const next = blocks[place + said.length];
  if (!next || !explains(next, blocks[place]) || next.dataset.start === "slide") return false;
  const first = next.cloneNode(), rest = next.cloneNode(), left = [...next.children];
  rest.dataset.start = "-";
  while (left.length) {
    first.append(left[0].cloneNode(true));
    if (!fit([...said, first])) {
      first.lastChild.remove();
      break;
    }
    left.shift();
  }
  // what a colon leads to stays with it
  while (left.length && first.lastChild?.textContent.trim().endsWith(":")) {
    left.unshift(first.lastChild);
    first.lastChild.remove();
  }
  if (!first.children.length) return false;
  rest.append(...left);
  blocks.splice(place + said.length, 1, first, ...(left.length ? [rest] : []));
  return true;
}

/** The blocks, each picture and what follows about it made one block of two columns, as far as both fit on a slide. */
function pair(blocks) {
  const paired = [];
  for (let place = 0; place < blocks.length; place++) {
    const block = blocks[place];
    paired.push(block);
    if (!block.matches(".picture") || saidBelow(blocks, place)) continue;
    const words = make("div", "words fragment");
    const both = make("div", "block beside", block.cloneNode(true), words);
    both.dataset.start = block.dataset.start;
    while (place + 1 < blocks.length) {
      const next = blocks[place + 1];
      const about = next.matches(".printed") || (explains(next, block) && next.dataset.start !== "slide");
      if (!about) break;
      const left = next.matches(".printed") ? [next.cloneNode(true)] : [...next.cloneNode(true).children];
      while (left.length) {
        words.append(left[0]);
        if (!fit([both])) {
          left[0].remove();
          break;
        }
        left.shift();
      }
      if (left.length && next.matches(".prose")) next.replaceChildren(...left);
      if (left.length) break;
      place++;
    }
    if (words.children.length) paired.splice(-1, 1, both);
  }
  return paired;
}

/** The slides of a stack; one with little on it joins the one before, where both fit. */
function joinLittle(stack) {
  return stack.reduce((slides, slide) => {
    const words = slide.map(block => block.textContent).join(" ").trim().split(/\s+/).length;
    const little = words < LITTLE && !slide.some(block => block.querySelector("img, .math, pre"));
    const both = [...(slides.at(-1) ?? []), ...slide];
    if (little && slides.length && fit(both)) slides[slides.length - 1] = both;
    else slides.push(slide);
    return slides;
  }, []);
}

/** The end of a full slide that a block takes along to the next: numbers their code or picture, an explanation its numbers. */
function takeAlong(slide, block) {
  const tail = [block];
  while (slide.length > 1) {
    const above = slide.at(-1);
    const tied = tail[0].matches(".printed") ? above.matches(".code, .picture") : tail[0].matches(".prose") && !above.matches(".prose");
    if (!tied || !fit([above, ...tail])) break;
    tail.unshift(slide.pop());
  }
  if (tail.length > 1 && tail[0].matches(".printed") && slide.at(-1).matches(".code")) slide.push(tail.shift());
  return tail;
}

/** Stacks of slides of blocks. */
function layOut(blocks) {
  const stacks = [];
  let slide = [];
  const begin = (...blocks) => stacks.at(-1).push(slide = blocks);
  for (const block of blocks) {
    const start = block.dataset.start;
    if (start === "slide" || !stacks.length) {
      stacks.push([]);
      cut(block).forEach(piece => begin(piece));
    } else if (start === "subslide" && !explains(block, slide.at(-1))) {
      cut(block).forEach(piece => begin(piece));
    } else if (fit([...slide, block])) {
      slide.push(block);
    } else {
      const [first, ...more] = cut(block);
      begin(...takeAlong(slide, first));
      more.forEach(piece => begin(piece));
    }
  }
  return stacks;
}

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

async function start() {
  await MathJax.startup.promise;
  const pictures = [...document.images];
  await Promise.all(pictures.map(picture => picture.decode()));
  for (const picture of pictures) {
    const full = (WIDTH - 120) * picture.naturalHeight / picture.naturalWidth;
    picture.style.maxHeight = `${full}px`;
    picture.style.setProperty("--least", `${Math.min(LEAST, full)}px`);
  }
  const slides = document.querySelector(".slides"), notes = document.getElementById("notes");
  trial.className = "slide trial";
  document.body.append(trial);
  const stacks = layOut(pair([...slides.children])).map(joinLittle).map(stack => make("section", "", ...stack.map(blocks => {
    const size = fit(blocks) ?? SIZES.at(-1);
    blocks.slice(1).forEach(block => block.classList.add("fragment"));
    const slide = make("div", "slide", ...blocks);
    slide.style.setProperty("--size", `${size}px`);
    const aside = make("aside", "notes");
    aside.append(notes.content.cloneNode(true));
    return make("section", "", slide, aside);
  })));
  trial.remove();
  slides.replaceChildren(...stacks);
  await Reveal.initialize({
    width: WIDTH, height: HEIGHT, margin: 0, center: false, hash: true, transition: "none", slideNumber: "c/t",
    controlsTutorial: false, plugins: [RevealNotes],
  });
}

start();
