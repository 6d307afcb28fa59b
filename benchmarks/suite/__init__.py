"""The machinery: what a work is, where its files come from, who does it, and how it is reported.

``work`` has the values that a work is described with, and ``bars`` what it must show. ``graphs`` writes files,
``once`` is one process that does one work, ``measure`` lets contenders take turns. ``report``, ``plot``, ``losses`` and
``machine`` make the page.
"""
