"""Stands in for tc netem where the kernel has none: carries packets between two hosts, late and with losses.

Opens a tunnel device in each of two network namespaces and passes on what comes out of one into the other. The
arguments are the two namespaces and devices: NAMESPACE DEVICE NAMESPACE DEVICE. A line of JSON on standard input sets
both directions, {"there": {"delayMs": 0, "lossPercent": 0}, "back": {...}}; each is answered with a line. It ends with
its standard input.
"""

import ctypes
import errno
import fcntl
import heapq
import json
import os
import random
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000

# More packets than this under way are lost, as with netem's limit.
MAX_PACKETS = 20_000

libc = ctypes.CDLL(None, use_errno=True)


def open_device(namespace, device):
    """The device stays in the namespace in which it was opened, wherever this process goes then."""
    with open(f"/run/netns/{namespace}") as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def read_packets(tun, most=256):
    for _ in range(most):
        try:
            yield os.read(tun, 65_536)
        except BlockingIOError:
            return


def deliver(tun, packet):
    try:
        os.write(tun, packet)
    except OSError as error:
        # A device that is down takes nothing: lost, like on a real line.
        if error.errno not in (errno.EIO, errno.EAGAIN, errno.ENOBUFS):
            raise


def main():
    one, two = open_device(*sys.argv[1:3]), open_device(*sys.argv[3:5])
    other = {one: two, two: one}
    setting = {one: (0.0, 0.0), two: (0.0, 0.0)}
    under_way = []
    count = 0
    print("ready", flush=True)
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        readable, _, _ = select.select([one, two, sys.stdin], [], [], wait)
        if sys.stdin in readable:
            line = sys.stdin.readline()
            if line == "":
                return
            wanted = json.loads(line)
            for tun, name in ((one, "there"), (two, "back")):
                setting[tun] = (wanted[name]["delayMs"] / 1_000, wanted[name]["lossPercent"] / 100)
            print("set", flush=True)
        now = time.monotonic()
        for tun in (one, two):
            if tun not in readable:
                continue
            delay, loss = setting[tun]
            for packet in read_packets(tun):
                if random.random() < loss or len(under_way) >= MAX_PACKETS:
                    continue
                count += 1
                heapq.heappush(under_way, (now + delay, count, other[tun], packet))
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            _, _, tun, packet = heapq.heappop(under_way)
            deliver(tun, packet)


main()
