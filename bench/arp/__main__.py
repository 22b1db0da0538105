"""`python -m bench.arp`: the figures of ARP and NDP alone."""

from bench.arp import run

for figure in run():
    print(f"{figure.name:<58} {figure.value:>12,.1f} {figure.unit:<6} {figure.asked}")
