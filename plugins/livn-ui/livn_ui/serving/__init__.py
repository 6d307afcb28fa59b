"""``livn ui server`` as a library: HSDS and the companion file server, started, watched and stopped as one.

``record`` tells other processes of this machine which server serves a directory.
"""

from __future__ import annotations
