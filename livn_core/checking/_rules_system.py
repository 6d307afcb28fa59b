"""The rules about a system's directory: its files, and how they fit together."""

from __future__ import annotations

from livn_core.checking._findings import Rule

RULES = (
    Rule("files-missing", "error", "the directory is no system", "add cells.h5 and connections.h5, or graph.h5"),
    Rule("cells-missing", "error", "the directory is no system", "add cells.h5"),
    Rule("connections-missing", "warning", "the system has no projections", "add connections.h5, if it has some"),
    Rule("files-both", "warning", "graph.h5 is read, and cells.h5 and connections.h5 are not", "remove one of the two"),
    Rule("files-disagree", "error", "the projections cannot be read", "write both files from the same populations"),
    Rule("data-unread", "warning", "nobody reads it there", "move it to the other file of the pair"),
    Rule(
        "documents-unknown",
        "warning",
        "the JSON documents are not checked",
        "look at the server that serves them, or validate a copy on this machine",
    ),
    Rule("graph-missing", "warning", "layers and kinds of synapses are not known", "add graph.json"),
    Rule("json-broken", "error", "the document cannot be read", "correct the JSON at that place"),
    Rule("graph-broken", "error", "graph.json cannot be used", "correct it at that place"),
    Rule("graph-version", "error", "graph.json cannot be used", "upgrade livn-core"),
    Rule(
        "graph-population-unknown",
        "warning",
        "what graph.json says about the population applies to nobody",
        "use the names of the HDF5 files",
    ),
    Rule(
        "graph-population-missing",
        "warning",
        "nothing says in which layers the population lies",
        "add it to cell_distributions",
    ),
    Rule("graph-count", "warning", "graph.json describes another number of cells than there are", "generate it again"),
    Rule("graph-layer-unknown", "warning", "the extent of the layer is not known", "add it to layer_extents"),
    Rule("graph-layer-broken", "error", "layers cannot be used", "write two corners of three numbers"),
    Rule("graph-synapses-broken", "error", "connectivity_matrix() fails", "write {post: {pre: {…}}}"),
    Rule(
        "graph-synapse-population",
        "error",
        "connectivity_matrix() fails",
        "use the names of the HDF5 files in synapses",
    ),
    Rule("graph-synapse-type", "error", "connectivity_matrix() fails", "write excitatory or inhibitory"),
    Rule(
        "graph-projection-undeclared",
        "warning",
        "connectivity_matrix() leaves it out: nothing says whether it excites or inhibits",
        "declare it in synapses",
    ),
    Rule("graph-projection-absent", "info", "the projection is declared and has no edges", "nothing, if it is meant"),
    Rule("position-outside-layers", "warning", "cells lie outside bounding_box", "correct the layers or the cells"),
    Rule("selection-broken", "error", "the selection cannot be used", 'write {"gids": {population: [gid, …]}}'),
    Rule("selection-population", "error", "the selection cannot be used", "use the names of the HDF5 files"),
    Rule("selection-gid", "error", "the selection cannot be used", "use gids of the population"),
    Rule("selection-gid-twice", "warning", "the cell counts once", "name each cell once"),
    Rule("selection-other-graph", "error", "the selection was made for another system", "select again"),
    Rule("params-broken", "error", "the parameters cannot be used", "write an object"),
    Rule(
        "params-without-selection", "warning", "the parameters belong to no selection", "name them as the selection is"
    ),
    Rule("mea-broken", "error", "the electrodes cannot be used", "write rows of id, x, y, z in µm"),
    Rule("mea-id-twice", "error", "the electrodes cannot be used", "give each electrode an id of its own"),
    Rule("mea-not-finite", "error", "the electrodes cannot be used", "write numbers"),
    Rule("mea-radius", "error", "the electrodes cannot be used", "write a number of µm, 0 or more"),
    Rule("mea-radius-zero", "warning", "the electrodes reach no cell", "write the radius in µm"),
    Rule("mea-same-place", "warning", "two electrodes record the same", "check the electrodes"),
    Rule("mea-far", "warning", "the electrode reaches no cell", "check units and origin of the electrodes"),
    Rule("model-broken", "error", "the model cannot be built", "write an object with cls and kwargs"),
    Rule("model-refused", "error", "the model is not built: only classes of livn are", "name a class of livn"),
)
