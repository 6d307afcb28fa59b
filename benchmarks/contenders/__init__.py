"""Who does the works: a class each, whose methods are named after works.

A method opens what may be open before the clock starts, and returns a function without arguments that does the work.
That function returns arrays of integers, or numbers, of which the sums are compared between contenders. A class
without a method does not take part in that work. Libraries are imported when a class is made, so that one that is
missing is left out.

A class that ``prepares`` is made once in a process of its own before, to convert the file. One that has ``layouts``
takes part where the graph has one of these: its own file has no other.
"""

from __future__ import annotations

from importlib import import_module

CONTENDERS = {
    "livn-core, pyfive": "contenders.ours:Pyfive",
    "livn-core, pyfive with plain zlib": "contenders.ours:PyfiveWithZlib",
    "livn-core, pyfive, the read alone": "contenders.ours:ReadAlone",
    "livn-core, the strengths alone": "contenders.ours:StrengthsAlone",
    "livn-core, h5py": "contenders.ours:OverH5py",
    "livn-core, neuroh5": "contenders.ours:OverNeuroH5",
    "livn-core, h5pyd": "contenders.ours:OverH5pyd",
    "livn 2.0.0": "contenders.original:Original",
    "h5py, same arrays": "contenders.arrays:WithH5py",
    "h5pyd, same arrays": "contenders.arrays:WithH5pyd",
    "libsonata": "contenders.sonata:Libsonata",
    "neuroh5": "contenders.neuroh5_io:NeuroH5",
}


def contender(name):
    """The class of a contender."""
    module, _, kind = CONTENDERS[name].partition(":")
    return getattr(import_module(module), kind)
