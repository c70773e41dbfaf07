"""``python exchange.py problem.npz [overrides]``: write the problem for another program."""

import sys

import measure

if __name__ == "__main__":
    measure.exchange(sys.argv[2:], sys.argv[1])
