"""The folder of a store as zarr sees it: metadata is on the disk when it is written, side folders are passed over."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import zarr
from zarr.core.buffer import Buffer
from zarr.storage import LocalStore

from .files import write_whole
from .receipts import FOLDER as RECEIPTS
from .store import OTHER_MODES, SAMPLES, WARM_START, WAVEFORM_PATIENT
from .template import EMPTY, GROUP

SIDE_GROUPS = {
    RECEIPTS: "receipts of finished blocks: JSON files, no arrays",
    WARM_START: "regressions on training patients before the first block: a file of NumPy's, no arrays",
    OTHER_MODES: "some of the patients in the other modes of regulation: a store for each mode, no arrays",
    SAMPLES: "the user's own patients, where there are any: a file of NumPy's for each column, no arrays",
}

SIDE_GROUP = GROUP | {"consolidated_metadata": EMPTY}
"""Makes the folders of what is no array empty groups, which readers pass over without a warning."""


class DurableStore(LocalStore):
    """A folder as zarr sees it, written by the rules of ``files.py``: metadata is on the disk when ``set`` returns."""

    async def set(self, key: str, value: Buffer) -> None:
        """Write an object whole or not at all."""
        self._check_writable()
        await asyncio.to_thread(write_whole, self.root / key, value.to_bytes(), durable=key.endswith("zarr.json"))

    def set_sync(self, key: str, value: Buffer) -> None:
        """As ``set``, for the pipelines of zarr that run without an event loop."""
        self._check_writable()
        write_whole(self.root / key, value.to_bytes(), durable=key.endswith("zarr.json"))

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """List a folder, but not those of files that are no zarr objects."""
        if prefix.strip("/") not in SIDE_GROUPS:
            async for name in super().list_dir(prefix):
                yield name


def resize(group: zarr.Group, patients: int) -> None:
    """Lengthen every array over patients."""
    for _, array in group.arrays():
        names = getattr(array.metadata, "dimension_names", None) or ()
        if names[:1] in (("patient",), (WAVEFORM_PATIENT,)) and array.shape[0] < patients:
            array.resize((patients, *array.shape[1:]))


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what zarr says of its own metadata; consolidation is an extension that xarray reads."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Consolidated metadata is currently not part")
        warnings.filterwarnings("ignore", message="The data type .* does not have a Zarr V3 specification")
        yield
