/// How the page of a run looks, and what it says before and after the experiments.
#pragma once

namespace examples::paper {

/// Up to the facts of the run. Its policy forbids the page to load anything.
inline constexpr const char* page_head = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Neural Empirical Bayes, reproduced</title>
<style>
:root { color-scheme: light dark; --paper: #fdfdfb; --ink: #22221f; --soft: #66645e; --line: #dddad2; --link: #1f5f8b; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #191918; --ink: #e6e3dc; --soft: #a19d94; --line: #3a3935; --link: #86bbe0; }
  img { filter: brightness(.88); }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 46rem; background: var(--paper); color: var(--ink);
  font: 1.06rem/1.6 Charter, "Bitstream Charter", "Iowan Old Style", Georgia, serif; overflow-wrap: break-word; }
h1 { font-size: 2rem; line-height: 1.2; font-weight: 600; margin: 1rem 0 .25rem; }
h2 { font-size: 1.3rem; line-height: 1.3; font-weight: 600; margin: 0 0 .75rem; }
.name { display: block; font: .8rem/1.6 ui-monospace, Menlo, Consolas, monospace; color: var(--soft); }
section { margin-top: 3rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.by, .facts, .command, figcaption, footer { color: var(--soft); font-size: .92rem; }
.formula { font-style: italic; padding-left: 1.5rem; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: .15em; }
nav ol { padding: 0; list-style: none; columns: 20rem; font-size: .95rem; }
nav li { break-inside: avoid; padding: .1rem 0; }
code { font: .88em ui-monospace, Menlo, Consolas, monospace; }
figure { margin: 1.5rem 0; }
figure img { display: block; max-width: 100%; height: auto; border-radius: 3px; }
figcaption { margin-top: .5rem; line-height: 1.45; }
.film { overflow: hidden; max-width: max(calc(var(--width) * 1px), 18rem); aspect-ratio: var(--width) / var(--height);
  border-radius: 3px; }
.film img { max-width: none; width: calc(100% * var(--frames)); height: 100%; border-radius: 0;
  animation: film calc(var(--frames) * .12s) steps(var(--frames), jump-none) infinite; }
.film:hover img, .film:focus img { animation-play-state: paused; }
@keyframes film { to { transform: translateX(calc(-100% + 100% / var(--frames))); } }
@media (prefers-reduced-motion: reduce) { .film img { animation: none; } }
.missing { padding: 1rem; border: 1px dashed var(--line); color: var(--soft); }
.scroll { overflow-x: auto; margin: 1.25rem 0; }
table { border-collapse: collapse; font: .86rem/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; min-width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 500; }
tbody th { font-weight: 400; }
td code { white-space: nowrap; }
</style>
</head>
<body>
<header>
<h1>Neural Empirical Bayes, reproduced</h1>
<p class="by">The figures and tables of Saremi &amp; Hyv&auml;rinen, Journal of Machine Learning Research 20 (2019), 1&ndash;23.</p>
<p>Take a clean image x and add noise: y = x + &sigma;&epsilon;. Which clean image did y come from? The best guess in the mean
square is the average of all that are possible, and it can be had without knowing the clean images: the density of the
noisy ones is enough. The paper learns minus the logarithm of that density, an <em>energy</em> &phi;(y), with a neural
network. The guess is then a <em>jump</em> down its slope,</p>
<p class="formula">x&#770;(y) = y &minus; &sigma;&sup2; &nabla;&phi;(y),</p>
<p>and the network learns by being asked for good guesses. One energy does three things. It takes noise away, with a single
jump. It makes new images: a random <em>walk</em> among noisy images, and a jump whenever one wants to see a clean one. And
it remembers: to <em>flow</em> straight down the energy ends in an attractor, a memory, which above a certain level of noise
is often no image that was ever shown to it.</p>
)html";

/// After the experiments.
inline constexpr const char* page_end = R"html(</main>
<footer>
<p>Saeed Saremi and Aapo Hyv&auml;rinen: Neural Empirical Bayes. Journal of Machine Learning Research 20 (2019), 1&ndash;23.
Pixels from 0 (black) to 1 (white) are drawn; what lies beyond is clipped. A film stops under the pointer.</p>
</footer>
</body>
</html>
)html";

}  // namespace examples::paper
