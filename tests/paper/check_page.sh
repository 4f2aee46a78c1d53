#!/usr/bin/env bash
# Opens a page in headless Chromium, as wide as a telephone, and checks that it is whole: tests/paper/check_page.sh PAGE
# No request, nothing on the console, every picture decoded and with a text for who cannot see it, no sideways scrolling.
set -euo pipefail

fail() {
  echo "check_page: $1" >&2
  exit 1
}
[ $# -eq 1 ] || { echo "usage: tests/paper/check_page.sh PAGE" >&2; exit 2; }
for chromium in chromium chromium-browser google-chrome; do
  if command -v "$chromium" >/dev/null; then break; fi
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The page in a frame of 360 pixels: a window of Chromium cannot be that narrow. Its own policy holds in the frame.
cat >"$folder/frame.html" <<HTML
<!DOCTYPE html><meta charset="utf-8"><iframe width="360" height="800" style="border: 0"></iframe><pre></pre><script>
const bytes = Uint8Array.from(atob("$(base64 -w 0 "$1")"), (c) => c.charCodeAt(0));
const frame = document.querySelector("iframe");
frame.onload = () => {
  const page = frame.contentDocument, images = [...page.images];
  document.querySelector("pre").textContent = [
    "sections=" + page.querySelectorAll("section").length,
    "images=" + images.length,
    "broken=" + images.filter((image) => !image.complete || image.naturalWidth === 0).length,
    "without_alt=" + images.filter((image) => !image.alt).length,
    "films=" + page.getAnimations().length,
    "requests=" + frame.contentWindow.performance.getEntriesByType("resource").length,
    "width=" + page.documentElement.clientWidth,
    "scroll=" + Math.max(page.documentElement.scrollWidth, page.body.scrollWidth),
  ].join("\n");
};
frame.srcdoc = new TextDecoder().decode(bytes);
</script>
HTML
"$chromium" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$folder/profile" \
  --enable-logging=stderr --host-resolver-rules="MAP * ~NOTFOUND" --virtual-time-budget=5000 \
  --dump-dom "file://$folder/frame.html" >"$folder/dom" 2>"$folder/log" || fail "$chromium failed: $(tail -n 3 "$folder/log")"

found=$(sed -n '/<pre>/,/<\/pre>/p' "$folder/dom" | grep -oE '[a-z_]+=[0-9]+' || true)
echo "$found"
value() { sed -n "s/^$1=//p" <<<"$found"; }
[ "$(value sections)" -gt 0 ] || fail "the page has no sections"
[ "$(value images)" -gt 0 ] || fail "the page has no pictures"
[ "$(value broken)" -eq 0 ] || fail "$(value broken) pictures are broken"
[ "$(value without_alt)" -eq 0 ] || fail "$(value without_alt) pictures have no text"
[ "$(value requests)" -eq 0 ] || fail "the page made $(value requests) requests"
[ "$(value width)" -le 360 ] || fail "the frame is wider than a telephone"
[ "$(value scroll)" -le "$(value width)" ] || fail "the page is $(value scroll) pixels wide, on $(value width)"
if grep CONSOLE "$folder/log"; then fail "the console is not empty"; fi
