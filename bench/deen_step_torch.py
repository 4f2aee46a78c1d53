"""A worker (worker.hpp): what deen_step_libtorch.cpp does, by the PyTorch of this Python.

Arguments: THREADS WORK CHANNELS KERNEL STRIDE PADDING BATCH STEPS LAYOUT
"""

import math
import resource
import statistics
import sys
import time

import torch

SIGMA, DELTA = 0.3, 0.003


def numbers(text):
    return [int(number) for number in text.split(",")]


class Network(torch.nn.Module):
    def __init__(self, channels, kernel, strides, padding):
        super().__init__()
        self.conv = torch.nn.ModuleList()
        before, size = 1, 28
        for after, stride in zip(channels, strides):
            self.conv.append(torch.nn.Conv2d(before, after, kernel, stride, padding))
            before, size = after, (size + 2 * padding - kernel) // stride + 1
        self.bottleneck = torch.nn.Linear(before * size * size, 10)
        self.readout = torch.nn.Linear(10, 1, bias=False)

    def forward(self, h):
        for layer in self.conv:
            h = torch.nn.functional.silu(layer(h))
        return self.readout(torch.nn.functional.silu(self.bottleneck(h.flatten(1)))).squeeze(1)


def slope(phi, y, create_graph):
    return torch.autograd.grad(phi(y).sum(), y, create_graph=create_graph)[0]


def deen_step(phi, adam, x):
    y = (x + SIGMA * torch.randn_like(x)).requires_grad_()
    xhat = y - SIGMA**2 * slope(phi, y, True)
    loss = (x - xhat).square().sum() / x.shape[0]
    adam.zero_grad()
    loss.backward()
    adam.step()


def walk(phi, y, steps):
    for _ in range(steps):
        g = slope(phi, y.detach().requires_grad_(), False)
        y = y - DELTA**2 * g + math.sqrt(2) * DELTA * torch.randn_like(y)


def take_turn(call, seconds):
    times = []
    begin = time.perf_counter()
    while True:
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
        if time.perf_counter() - begin + times[-1] / 2 >= seconds:
            break
    print(f"{statistics.median_high(times):.9g} {min(times):.9g} {len(times)}", flush=True)


def main():
    threads, work, channels, kernel, stride, padding, batch, steps, layout = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    channels, strides = numbers(channels), numbers(stride)
    if len(strides) == 1:
        strides *= len(channels)
    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    phi = Network(channels, int(kernel), strides, int(padding)).to(memory_format=memory_format)
    x = torch.rand(int(batch), 1, 28, 28).contiguous(memory_format=memory_format)
    if work == "deen_step":
        adam = torch.optim.Adam(phi.parameters(), lr=1e-3)
        call = lambda: deen_step(phi, adam, x)
        call()
    elif work == "score":
        call = lambda: slope(phi, x.detach().requires_grad_(), False)
        call()
    else:
        walk(phi, x, 1)
        call = lambda: walk(phi, x, int(steps))
    print(f"ready PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}", flush=True)
    for line in sys.stdin:
        take_turn(call, float(line))
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f}", flush=True)


main()
