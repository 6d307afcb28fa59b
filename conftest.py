"""What holds for all tests."""

from __future__ import annotations

import signal

# Tests send Ctrl-C to what they start. A shell that runs pytest in the background has it ignored, and so would they.
signal.signal(signal.SIGINT, signal.default_int_handler)
