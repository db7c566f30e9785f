"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from spatial_region.errors import OutputError


def write_whole(target: Path, content: bytes) -> None:
    """Write a file under a temporary name and rename it, so that nobody ever sees half of it.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", suffix=".part", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(content)
        # Temporary files are private; the file gets the permissions of any other new file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise OutputError(f"cannot write {target}: {reason}. Give a folder that exists and can be written.") from error
