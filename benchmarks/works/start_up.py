"""Whole processes: importing livn-core, and a first answer on the command line."""

from __future__ import annotations

from suite.bars import ratio
from suite.work import Bar, Graph, Work

GROUND = "import numpy, pluggy, attrs, importlib.metadata"
STANDS_ON, IMPORTED = "what livn_core stands on", "that, and import livn_core"
EVERY_NAME = "import livn_core\nfor name in livn_core.__all__: getattr(livn_core, name)"

WORK = Work(
    name="start_up",
    title="Starting",
    graphs=(Graph("none", 0, 0, "whole processes"),),
    contenders=(),
    commands={
        "livn info EI1": ("-m", "livn_core", "info", "EI1"),
        "import numpy": ("-c", "import numpy"),
        STANDS_ON: ("-c", GROUND),
        IMPORTED: ("-c", f"{GROUND}; import livn_core"),
        "import livn_core": ("-c", "import livn_core"),
        "every public name of livn_core": ("-c", EVERY_NAME),
        "import pyfive": ("-c", "import pyfive"),
    },
    bars=(
        Bar("import livn_core ÷ what it stands on", ratio(IMPORTED, STANDS_ON), most=1.15),
        Bar("livn info EI1 ÷ a process that imports numpy", ratio("livn info EI1", "import numpy"), most=4.0),
    ),
    rounds=15,
    seconds=75,
    note="`import livn_core` alone imports nothing but the package itself; the rest follows with the first name that "
    "is used. *What livn_core stands on* is numpy, pluggy, attrs and importlib.metadata.",
)
