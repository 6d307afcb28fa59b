"""The rules about projections."""

from __future__ import annotations

from livn_core.checking._findings import Rule

RULES = (
    Rule(
        "projection-unknown-population",
        "error",
        "no projection of the file can be read",
        "add the population to /H5Types, or remove the projection",
    ),
    Rule("projection-twice", "error", "no projection of the file can be read", "leave one of the two"),
    Rule("projection-dataset-missing", "error", "the projection cannot be read", "write all four datasets"),
    Rule("projection-empty", "info", "it has no edges; neuroh5 refuses to read it", "validate --fix leaves it out"),
    Rule(
        "projection-older-layout",
        "info",
        "livn-core reads it; newer versions of neuroh5 do not",
        "validate --fix writes today's layout",
    ),
    Rule(
        "pairs-missing",
        "warning",
        "livn-core reads the projections; neuroh5 does not",
        "validate --fix writes the table",
    ),
    Rule(
        "pair-missing",
        "warning",
        "livn-core reads the projection; neuroh5 refuses it",
        "validate --fix adds it to the table",
    ),
    Rule("pair-unknown-population", "error", "the table cannot be read", "write indices that have a label"),
    Rule("pair-twice", "warning", "the projection is allowed twice", "validate --fix writes it once"),
    Rule("edges-without-cells", "error", "the projection cannot be read", "write the blocks and the pointers"),
    Rule("destination-pointer-start", "error", "the first edges would belong to nobody", "begin the pointer with 0"),
    Rule(
        "destination-pointer-end",
        "error",
        "edges would be missing, or belong to nobody",
        "end the pointer with the number of edges",
    ),
    Rule("destination-pointer-falls", "error", "edges would belong to two cells", "write a pointer that never falls"),
    Rule("block-pointer-length", "error", "the projection cannot be read", "write one more than there are blocks"),
    Rule("block-pointer-start", "error", "the first cells would belong to no block", "begin the pointer with 0"),
    Rule("block-pointer-falls", "error", "cells would belong to two blocks", "write a pointer that never falls"),
    Rule(
        "block-pointer-end",
        "error",
        "cells would be missing, or be invented",
        "end with the length of Destination Pointer; validate --fix does",
    ),
    Rule(
        "block-pointer-exact",
        "warning",
        "livn-core reads it; neuroh5, which expects one more, loses the last cell",
        "end with the length of Destination Pointer; validate --fix does",
    ),
    Rule(
        "blocks-unordered",
        "info",
        "reading some cells touches more places of the file",
        "nothing; validate --fix orders them",
    ),
    Rule(
        "destination-outside",
        "error",
        "the projection cannot be read: the gid would be somebody else's",
        "count cells from the first one of their population",
    ),
    Rule(
        "destination-split",
        "warning",
        "livn-core joins the edges; neuroh5's read_graph_selection finds the first part only",
        "validate --fix writes each cell once",
    ),
    Rule(
        "source-outside",
        "error",
        "the projection cannot be read: the gid would be somebody else's",
        "count cells from the first one of their population",
    ),
    Rule(
        "edge-attribute-length",
        "error",
        "the attribute cannot be read: its values cannot be matched with edges",
        "write one value for each edge",
    ),
    Rule(
        "edge-attribute-int8",
        "info",
        "livn-core reads it; neuroh5 0.2.0 returns other bytes",
        "write int16, if neuroh5 is to read it",
    ),
    Rule("edge-value-not-finite", "warning", "what is computed from the values is not a number", "write numbers"),
)
