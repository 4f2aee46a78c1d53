#!/usr/bin/env python3
"""Breaks the headers on purpose, one place at a time, and counts which breaks the tests notice.

Each mutant is one header of include/neb with one change: a sign, a comparison, an index, a stride, a factor. It is compiled with
the test file that mirrors the header, with AddressSanitizer and the standard library's assertions; one that survives there meets
every test file that includes the header, directly or not. What does not compile is no mutant, and another one is drawn; nor is what
equal_mutants.txt lists, which computes the same. mpi.hpp is left out, whose tests need mpirun. Prints a line for each and the
survivors at the end. Exit code 1 if fewer than 95 % are killed. About half an hour on two cores.
"""

import argparse
import concurrent.futures
import functools
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = "core kernels autodiff ops nn optim data io draw energy distributed bayes training sampling flow".split()

# Pattern and replacement; what stands on both sides keeps templates, pointers and includes out.
CHANGES = [
    (r"(?<=[\w)\]]) \+ (?=[\w(])", " - "),
    (r"(?<=[\w)\]]) - (?=[\w(])", " + "),
    (r"(?<=[\w)\]]) \* (?=[\w(])", " / "),
    (r"(?<=[\w)\]]) / (?=[\w(])", " * "),
    (r" \+= ", " -= "),
    (r" -= ", " += "),
    (r" < ", " <= "),
    (r" <= ", " < "),
    (r" > ", " >= "),
    (r" >= ", " > "),
    (r" == ", " != "),
    (r" != ", " == "),
    (r" && ", " || "),
    (r" \|\| ", " && "),
    (r"\[0\]", "[1]"),
    (r"\[1\]", "[0]"),
    (r"\bstride\(0\)", "stride(1)"),
    (r"\bstride\b(?=[ ,)])", "1"),
    (r"\bpadding\b(?=[ ,)])", "0"),
    (r"\bsigma \* sigma\b", "sigma"),
    (r"\bbeta \* ", ""),
    (r"\bvariance \* ", ""),
    (r"(?<=[ (])-(?=[a-z])", ""),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"\b0\.5\b", "0.25"),
    (r"\bmax\(", "min("),
    (r"\bmin\(", "max("),
]
# Lines that hold no behaviour, or only that of a message.
IDLE = re.compile(r"^\s*(//|#|static_assert|using |template|namespace|concept|friend|requires)|Error\(|\"|#pragma|reserve\(|constexpr .*limit")


class Mutant:
    def __init__(self, header, line, change):
        self.header, self.line, (pattern, self.new) = header, line, change
        text = (ROOT / "include" / header).read_text().splitlines()
        self.old = text[line]
        text[line] = re.sub(pattern, self.new, self.old, count=1)
        self.now = text[line]
        self.text = "\n".join(text) + "\n"

    def __str__(self):
        return f"{self.header}:{self.line + 1}: {self.old.strip()}  ->  {self.now.strip()}"


def candidates():
    """Every change that could be made, by layer."""
    found = {layer: [] for layer in LAYERS}
    for layer in LAYERS:
        for path in sorted((ROOT / "include/neb" / layer).rglob("*.hpp")):
            header = str(path.relative_to(ROOT / "include"))
            if header == "neb/distributed/mpi.hpp":  # its tests are programs under mpirun
                continue
            for number, line in enumerate(path.read_text().splitlines()):
                code = line.split("//")[0]
                if IDLE.search(line):
                    continue
                found[layer] += [(header, number, change) for change in CHANGES if re.search(change[0], code)]
    return found


@functools.cache
def included(path):
    """The headers of neb that a file includes itself, or through a header of the tests."""
    found = []
    for name in re.findall(r'^#include ["<]([^">]+\.hpp)', path.read_text(), re.MULTILINE):
        if name.startswith("neb/"):
            found.append(name)
        else:
            near = [folder / name for folder in (path.parent, ROOT / "tests") if (folder / name).exists()]
            found += included(near[0]) if near else []
    return found


@functools.cache
def includes(path):
    """The headers of neb that a file includes, directly or not."""
    found, rest = set(), included(path)
    while rest:
        header, *rest = rest
        if header not in found:
            found.add(header)
            rest += included(ROOT / "include" / header)
    return found


def tests_of(header):
    """The mirrored test files, and all others that include the header, the nearest first."""
    layer, stem = header.split("/")[1], pathlib.Path(header).stem
    files = [path for other in LAYERS for path in sorted((ROOT / "tests" / other).rglob("*.cpp"))]
    reaching = [path for path in files if header in includes(path)]
    near = [path for path in reaching if path.relative_to(ROOT / "tests").parts[0] == layer]
    mirrored = [path for path in near if path.stem == stem] or [path for path in near if header in included(path)]
    order = near + [path for path in reaching if path not in near]
    return mirrored, [path for path in order if path not in mirrored]


def equal_mutants(found):
    """The (header, line as changed) of equal_mutants.txt. Ends the program where one of them is no mutant any more."""
    lines = (ROOT / "scripts/equal_mutants.txt").read_text().splitlines()
    listed = {tuple(line.rsplit(" | ", 1)[0].split(" | ", 1)) for line in lines if not line.startswith("#")}
    headers = {header for header, _ in listed}
    made = [Mutant(*each) for of_layer in found.values() for each in of_layer if each[0] in headers]
    gone = listed - {(mutant.header, mutant.now.strip()) for mutant in made}
    if gone:
        sys.exit("mutants: equal_mutants.txt: nothing becomes\n" + "\n".join(" | ".join(each) for each in sorted(gone)))
    return listed


class Workshop:
    """Compiles a test file with a mutated header, and runs it."""

    def __init__(self, folder, kernels, timeout):
        self.folder, self.kernels, self.timeout = pathlib.Path(folder), kernels, timeout
        self.main = self.folder / "main.o"
        subprocess.run(["g++", "-std=c++20", "-O0", "-c", ROOT / "tests/main.cpp", "-o", self.main], check=True)

    def killed_by(self, mutant, test):
        """"compiler", "test", "time", or nothing."""
        with tempfile.TemporaryDirectory(dir=self.folder) as place:
            place = pathlib.Path(place)
            (place / mutant.header).parent.mkdir(parents=True)
            (place / mutant.header).write_text(mutant.text)
            # A mutant of a kernel is compiled with the test, any other is linked to the kernels as they are.
            alone = mutant.header.startswith("neb/kernels/")
            command = ["g++", "-std=c++20", "-O1" if alone else "-O0", "-march=native", "-fopenmp", "-w", "-D_GLIBCXX_ASSERTIONS", "-DNEB_HAVE_ZLIB",
                       "-DNEB_HAVE_PNG", "-fsanitize=address", f'-DNEB_SOURCE_DIR="{ROOT}"', f"-I{place}", f"-I{ROOT}/include", f"-I{ROOT}/tests",
                       "-isystem", "/usr/include/eigen3", test, self.main]
            command += [] if alone else ["-DNEB_COMPILED_KERNELS", self.kernels]
            made = subprocess.run([*command, "-o", place / "test", "-lz", "-lpng"], capture_output=True)
            if made.returncode != 0:
                return "compiler"
            try:
                run = subprocess.run([place / "test"], capture_output=True, timeout=self.timeout, cwd=place,
                                     env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"})
            except subprocess.TimeoutExpired:
                return "time"
            return "test" if run.returncode != 0 else ""


def judge(workshop, mutant):
    """What becomes of a mutant: no mutant (None), or who killed it."""
    mirrored, others = tests_of(mutant.header)
    for test in mirrored + others:
        by = workshop.killed_by(mutant, test)
        if by == "compiler":
            return None
        if by:
            return f"{by} {test.relative_to(ROOT / 'tests')}" + ("" if test in mirrored else ", not the mirrored one")
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="mutants that compile (100)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time (2)")
    parser.add_argument("--timeout", type=float, default=120, help="seconds that a test file may run (120)")
    parser.add_argument("--kernels", default=ROOT / "build/release/libneb_program_kernels.a", help="the compiled kernels")
    options = parser.parse_args()
    if not pathlib.Path(options.kernels).exists():
        sys.exit(f"mutants: {options.kernels} is missing: scripts/test.sh builds it")

    draw = random.Random(options.seed)
    found = candidates()
    equal = equal_mutants(found)
    killed, survivors, left_out = [], [], []
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        workshop = Workshop(folder, options.kernels, options.timeout)

        def next_mutant():
            while True:
                layer = draw.choice([layer for layer in LAYERS if found[layer]])
                mutant = Mutant(*found[layer].pop(draw.randrange(len(found[layer]))))
                if (mutant.header, mutant.now.strip()) in equal:
                    left_out.append(mutant)
                elif mutant.now != mutant.old:
                    return mutant

        running = {}
        while len(killed) + len(survivors) < options.count:
            while len(running) < min(options.jobs, options.count - len(killed) - len(survivors)):
                mutant = next_mutant()
                running[pool.submit(judge, workshop, mutant)] = mutant
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                mutant, by = running.pop(future), future.result()
                if by is None:
                    continue
                (killed if by else survivors).append(mutant)
                print(f"{len(killed) + len(survivors):3} {'killed by ' + by if by else 'SURVIVED'}\n    {mutant}", flush=True)

    print(f"\n{len(killed)} of {options.count} mutants are killed (seed {options.seed})")
    for mutant in survivors:
        print(f"survived: {mutant}")
    for mutant in left_out:
        print(f"left out, equal: {mutant}")
    return 0 if len(killed) >= 0.95 * options.count else 1


if __name__ == "__main__":
    sys.exit(main())
