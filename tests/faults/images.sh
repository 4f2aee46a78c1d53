# shellcheck shell=bash
# Images that programs train on in no time.

# put_images FOLDER: 16 images to train on and 4 to test with, of 8 x 8 pixels, the bytes of some text, as IDX.
put_images() {
  mkdir "$1"
  write_images 16 >"$1/train-images-idx3-ubyte"
  write_images 4 | gzip -n >"$1/t10k-images-idx3-ubyte.gz"
}

# write_images COUNT
write_images() {
  printf '\0\0\010\003\0\0\0%b\0\0\0\010\0\0\0\010' "\\0$(printf %o "$1")"
  yes "Neural empirical Bayes" | head -c $((64 * $1)) || true # yes ends by a closed pipe
}
