"""What every rank of a test does: ``mpiexec -n 2 python -m mpi4py worker.py CHECK ARGUMENTS``.

``-m mpi4py`` ends the whole job where one rank fails, so that a failed assertion is no hang.
"""

from __future__ import annotations

import os
import sys

import failing
import reading
from together import CHECKS, RANK

import systems

assert all((failing, reading, systems))  # importing them is what fills CHECKS

if __name__ == "__main__":
    CHECKS[sys.argv[1]](*sys.argv[2:])
    os.write(1, f"rank {RANK} done\n".encode())  # in one piece, as launchers mix what ranks say
