#!/usr/bin/env python3
"""Measures what it costs to share training over ranks, and says what more machines would do.

Trains some steps of the narrow network (32,64,128) and, with --paper, of the paper's (256,512,1024), both with 3 x 3 filters at
stride 1, in alternation: one process with two threads and an uncut batch; the same with its batch in two shards; and two ranks of
one thread with a shard each. Prints medians over --rounds. Needs a build with NEB_WITH_MPI (scripts/test.sh makes one).

The model: a step of R machines takes what one takes for its own images, plus a ring all-reduce of 8 bytes a weight,
    2 (R - 1) / R * 8 W / bandwidth + 2 (R - 1) * latency    or, where latency counts, 2 log2(R) * (latency + 8 W / bandwidth),
whichever is less (MPI libraries choose by size), with nothing overlapped, plus the rounding, which is measured here.
Nothing of it was measured on a network.
"""

import argparse
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NETWORKS = {"narrow": "32,64,128", "paper": "256,512,1024"}
ROOT_FLAGS = {name: "1" for name in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM")}
LATENCY = 20e-6  # seconds of a message between machines: Ethernet's; InfiniBand has a tenth of it


def train(options, folder, network, batch, shards, ranks, threads, steps):
    """The summary of a run."""
    command = [options.program, "--channels", NETWORKS[network], "--kernel", "3", "--stride", "1", "--padding", "0",
               "--batch", str(batch), "--shards", str(shards), "--steps", str(steps), "--threads", str(threads),
               "--data", options.data, "--checkpoint-minutes", "1000", "--quiet", "--out", folder]
    if ranks > 1:
        command = ["mpirun", "--bind-to", "core", "-n", str(ranks)] + command
    subprocess.run(command, check=True, env=os.environ | ROOT_FLAGS, stdout=subprocess.DEVNULL)
    return json.loads((pathlib.Path(folder) / "summary.json").read_text())


def measure(options, network, batch):
    """Medians of images a second of the three ways, and of what ranks say about MPI."""
    steps = max(3, int(options.images / batch / (40 if network == "paper" else 1)))
    ways = {"one process": (1, 1, 2), "in two shards": (2, 1, 2), "two ranks": (2, 2, 1)}
    found = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for way, (shards, ranks, threads) in ways.items():
                found[way].append(train(options, folder, network, batch, shards, ranks, threads, steps))
    def median(way, key):
        return statistics.median(summary[key] for summary in found[way])

    rates = {way: median(way, "images_per_second") for way in ways}
    last = found["two ranks"][-1]
    return {"network": network, "batch": batch, "weights": last["weights"], "rates": rates,
            "spread": {way: (max(s["images_per_second"] for s in found[way]) / min(s["images_per_second"] for s in found[way]))
                       for way in ways},
            "bytes": last["bytes_per_step"], "mpi": median("two ranks", "mpi_seconds_per_step"),
            "memory": {way: median(way, "peak_rss_mb") for way in ways}}


def print_row(row):
    rates = row["rates"]
    alone, cut, ranks = (rates[way] for way in ("one process", "in two shards", "two ranks"))
    print(f"{row['network']:7} {row['batch']:5} {alone:9.1f} {cut / alone:8.3f} {ranks / cut:8.3f} {ranks / alone:8.3f} "
          f"{1000 * row['batch'] / ranks:9.1f} {1000 * row['mpi']:8.2f} {row['bytes'] / 1e6:9.2f} "
          f"{row['memory']['one process']:8.0f} {row['memory']['in two shards']:8.0f} {row['memory']['two ranks']:8.0f}", flush=True)


def print_model(row):
    """Images a second of more machines of this kind, each with as many images as one had here."""
    step, weights = row["batch"] / row["rates"]["in two shards"], row["weights"]
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
    parser.add_argument("--rounds", type=int, default=5, help="times that everything is run (5)")
    parser.add_argument("--images", type=int, default=1600, help="images of a run of the narrow network (1600)")
    parser.add_argument("--batches", default="4,8,16,32,64", help="of the narrow network, both ranks together")
    parser.add_argument("--paper", action="store_true", help="also the paper's width, minutes a round")
    options = parser.parse_args()
    if not shutil.which("mpirun"):
        sys.exit("ranks: mpirun is missing; please install Open MPI (openmpi-bin)")
    print("                 images/s   shards    ranks  together   ms/step  ms in MPI  MB/step  MB alone  shards  a rank")
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
