"""``livn ui server`` as a library: HSDS and the companion file server, started, watched and stopped as one.

``settings`` says what is served to whom, ``passwords`` who may log in, ``server`` ties HSDS and the companion together,
``folders`` keeps HSDS's folders in step with the systems, ``foreground`` waits for Ctrl-C, and ``record`` tells other
processes of this machine which server serves a directory.
"""

from __future__ import annotations
