"""An open file some of whose arrays are replaced: what a repair says in place of what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import attrs

from livn_core.h5file import AnyArray, H5File, Ranges
from livn_core.ranges import read_by_slicing, read_many


@attrs.frozen(eq=False)
class Patched:
    """An :class:`~livn_core.H5File` over another one.

    Parameters
    ----------
    file
        What a backend opened.
    arrays
        ``{absolute path: array}``: what stands there instead.
    """

    file: H5File
    arrays: Mapping[str, AnyArray]

    def __getitem__(self, path: str) -> Any:
        return self.arrays[path] if path in self.arrays else self.file[path]

    def __contains__(self, path: object) -> bool:
        return path in self.file

    def keys(self) -> Iterable[str]:
        """Names of the members of the root."""
        return self.file.keys()

    def read_many(self, requests: Sequence[Ranges]) -> list[AnyArray]:
        """Read what was replaced from memory, and everything else in one go."""
        others = iter(read_many(self.file, [one for one in requests if one.path not in self.arrays]))
        return [
            read_by_slicing(self.arrays[one.path], one) if one.path in self.arrays else next(others) for one in requests
        ]

    def close(self) -> None:
        """Close the file behind."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
