#!/usr/bin/env python3
"""Measures what it costs to share training over ranks, and says what more machines would do.

Trains some steps of the narrow network (32,64,128) and, with --paper, of the paper's (256,512,1024), both with 3 x 3 filters at
stride 1, in alternation: one process with two threads and an uncut batch; the same with its batch in two shards; and two ranks of
one thread with a shard each. Ratios are of runs of one round; what is printed are medians over --rounds, and the least and the
largest of the ratio of ranks to shards. Needs a build with NEB_WITH_MPI (scripts/test.sh makes one).

The model: a step of R machines takes what one takes for its own images, plus a ring all-reduce of 8 bytes a weight,
    2 (R - 1) / R * 8 W / bandwidth + 2 (R - 1) * latency    or, where latency counts, 2 log2(R) * (latency + 8 W / bandwidth),
whichever is less (MPI libraries choose by size), with nothing overlapped, plus the rounding, which is measured here.
Nothing of it was measured on a network.
"""

import argparse
import gzip
import json
import math
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NETWORKS = {"narrow": "32,64,128", "paper": "256,512,1024"}
ROOT_FLAGS = {name: "1" for name in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")}
LATENCY = 20e-6  # seconds of a message between machines: Ethernet's; InfiniBand has a tenth of it


def few_test_images(data, folder, count=16):
    """A folder with the training images of `data` and a few of its test images: the loss on thousands would be most of a run."""
    folder.mkdir()
    for path in pathlib.Path(data).glob("train-*"):
        (folder / path.name).symlink_to(path.resolve())
    for name in ("t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"):
        path = pathlib.Path(data) / name
        if path.exists():
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            magic, _, height, width = struct.unpack(">4i", content[:16])
            image_file = struct.pack(">4i", magic, count, height, width) + content[16:16 + count * height * width]
            (folder / "t10k-images-idx3-ubyte").write_bytes(image_file)
    return folder


def train(options, folder, network, batch, shards, ranks, threads, steps):
    """The summary of a run."""
    command = [options.program, "--channels", NETWORKS[network], "--kernel", "3", "--stride", "1", "--padding", "0",
               "--batch", str(batch), "--shards", str(shards), "--steps", str(steps), "--threads", str(threads),
               "--data", str(folder / "data"), "--checkpoint-minutes", "1000", "--quiet", "--out", str(folder / "out")]
    if ranks > 1:
        command = ["mpirun", "--bind-to", "core", "-n", str(ranks)] + command
    subprocess.run(command, check=True, env=os.environ | ROOT_FLAGS, stdout=subprocess.DEVNULL)
    return json.loads((folder / "out" / "summary.json").read_text())


def measure(options, network, batch):
    """What the three ways say about themselves, each in a list with an entry for each round."""
    steps = 4 if network == "paper" else max(4, options.images // batch)
    ways = {"one process": (1, 1, 2), "in two shards": (2, 1, 2), "two ranks": (2, 2, 1)}
    found = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        few_test_images(options.data, folder / "data")
        for _ in range(options.rounds):
            for way, (shards, ranks, threads) in ways.items():
                found[way].append(train(options, folder, network, batch, shards, ranks, threads, steps))
    return {"network": network, "batch": batch, "found": found}


def column(row, way, key):
    return [summary[key] for summary in row["found"][way]]


def print_row(row):
    def median(way, key):
        return statistics.median(column(row, way, key))

    def ratios(way, to):
        return [a / b for a, b in zip(column(row, way, "images_per_second"), column(row, to, "images_per_second"))]

    ranks = ratios("two ranks", "in two shards")
    print(f"{row['network']:7} {row['batch']:5} {median('one process', 'images_per_second'):9.1f} "
          f"{statistics.median(ratios('in two shards', 'one process')):8.3f} "
          f"{statistics.median(ranks):8.3f} ({min(ranks):.2f} to {max(ranks):.2f}) "
          f"{1000 * row['batch'] / median('two ranks', 'images_per_second'):9.1f} "
          f"{1000 * median('two ranks', 'mpi_seconds_per_step'):9.2f} {median('two ranks', 'bytes_per_step') / 1e6:8.2f} "
          f"{median('one process', 'peak_rss_mb'):9.0f} {median('in two shards', 'peak_rss_mb'):7.0f} "
          f"{median('two ranks', 'peak_rss_mb'):7.0f}", flush=True)


def print_model(row):
    """Images a second of more machines of this kind, each with as many images as one had here."""
    step = row["batch"] / statistics.median(column(row, "in two shards", "images_per_second"))
    weights = column(row, "in two shards", "weights")[0]
    print(f"\n{row['network']}, {row['batch']} images a machine, {weights} weights; images a second, and of them the share of "
          f"machines that waited for nothing")
    for gigabits in (10, 100):
        bandwidth = gigabits * 1e9 / 8
        line = f"  {gigabits:4} Gbit/s:"
        for machines in (8, 64, 1024):
            ring = 2 * (machines - 1) / machines * 8 * weights / bandwidth + 2 * (machines - 1) * LATENCY
            tree = 2 * math.log2(machines) * (LATENCY + 8 * weights / bandwidth)
            share = step / (step + min(ring, tree))
            line += f"   {machines:5} machines {machines * row['batch'] / step * share:11.0f} ({100 * share:3.0f} %)"
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/train_energy"), help="built with NEB_WITH_MPI")
    parser.add_argument("--data", default=str(ROOT / "data/digits"), help="images (the shipped digits)")
    parser.add_argument("--rounds", type=int, default=7, help="times that everything is run (7)")
    parser.add_argument("--images", type=int, default=1600, help="images of a run of the narrow network (1600)")
    parser.add_argument("--batches", default="4,8,16,32,64", help="of the narrow network, both ranks together")
    parser.add_argument("--paper", action="store_true", help="also the paper's width, some 20 seconds a round")
    options = parser.parse_args()
    if not shutil.which("mpirun"):
        sys.exit("ranks: mpirun is missing; please install Open MPI (openmpi-bin)")
    print("network batch  images/s   shards    ranks                  ms/step ms in MPI  MB/step  MB alone  shards  a rank")
    last = None
    for batch in [int(text) for text in options.batches.split(",")]:
        last = measure(options, "narrow", batch)
        print_row(last)
    rows = [last]
    if options.paper:
        rows.append(measure(options, "paper", 16))
        print_row(rows[-1])
    for row in rows:
        print_model(row)


if __name__ == "__main__":
    main()
