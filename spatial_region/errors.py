"""Named errors and warnings, so that a user can catch or silence one situation and not all.

Every message says what was found, what is needed and what to do, and names up to five regions.
"""

from __future__ import annotations


class SpatialRegionError(Exception):
    """Root of every error that the package raises on purpose."""


class InputError(SpatialRegionError, ValueError):
    """An argument has a value, type or shape that cannot be used."""


class OptionError(InputError):
    """An option has a value that is not among those offered."""


class UnknownNameError(InputError, KeyError):
    """A variable, region, time, weights or column is asked for that does not exist."""

    def __str__(self) -> str:
        # KeyError would show the repr of the message, with quotes and escaped Chinese.
        return str(self.args[0]) if self.args else ""


class AlignmentError(InputError):
    """Two labelled objects do not have the same regions."""


class DuplicateError(InputError):
    """A label that must be unique occurs more than once."""


class MissingValuesError(InputError):
    """Values are missing and no policy was given."""


class ConstantVariableError(InputError):
    """A variable does not vary, so the statistic is undefined."""


class GeometryError(InputError):
    """Boundaries are empty, invalid or unfit for the request."""


class CRSError(GeometryError):
    """The coordinate reference system is absent or unfit for distances."""


class WeightsError(InputError):
    """Spatial weights are malformed or unfit for the request."""


class ReadError(InputError):
    """A file cannot be read: absent, empty, or in another encoding or format."""


class IdentificationError(InputError):
    """A coefficient cannot be identified from the data."""


class ConvergenceError(SpatialRegionError, RuntimeError):
    """An optimisation ended without a solution."""


class MissingGlyphError(SpatialRegionError, RuntimeError):
    """A figure contains characters that no installed font can draw."""


class MissingLibraryError(SpatialRegionError, ImportError):
    """An optional library is needed and not installed."""


class StudyFileError(InputError):
    """A study file is not valid."""


class OutputError(SpatialRegionError, OSError):
    """Results cannot be written to the place asked for."""


class SpatialRegionWarning(UserWarning):
    """Root of every warning that the package gives."""


class CoverageWarning(SpatialRegionWarning):
    """Boundaries do not fit together: gaps, overlaps, or borders digitised twice."""


class CRSWarning(SpatialRegionWarning):
    """Coordinates look unlike what their coordinate reference system says."""


class LabelWarning(SpatialRegionWarning):
    """Some names found no room on a map."""


class IslandWarning(SpatialRegionWarning):
    """Some regions have no neighbours under the weights."""


class SmallSampleWarning(SpatialRegionWarning):
    """Too few regions for the statistic to support inference."""


class ConvergenceWarning(SpatialRegionWarning):
    """An optimisation ended at a bound or close to one."""


class JoinWarning(SpatialRegionWarning):
    """Rows of a table were not joined to a region."""


class GroupingWarning(SpatialRegionWarning):
    """A grouping leaves regions of the study out, or names regions that it lacks."""
