"""Programmes of data envelopment analysis, written down for many units at once. Arrays in, arrays out.

Every programme is in the form that `_dea_simplex` and HiGHS solve. Rows are divided by the unit's own inputs and
outputs (by 1, the mean, where these are zero), so that right-hand sides are 0 or 1 whatever the size of the unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Programmes:
    """A stack of programmes with the same rows: see `_dea_simplex.solve_programmes` for the shapes.

    Attributes
    ----------
    size, rows, cost_units, extra, cost_extra, right, start : numpy.ndarray
        What the solvers take.
    own : numpy.ndarray, shape (programmes, inputs + outputs)
        What the values of the slack variables are multiplied by to be in the units of the data.
    first_slack : int
        Place of the first slack among the extra variables; those of inputs come first, then those of outputs.
    """

    size: np.ndarray
    rows: np.ndarray
    cost_units: np.ndarray
    extra: np.ndarray
    cost_extra: np.ndarray
    right: np.ndarray
    start: np.ndarray
    own: np.ndarray
    first_slack: int


class _Draft:
    """Arrays of zeros of the right shapes, filled by name of row and variable."""

    def __init__(self, inputs: np.ndarray, outputs: np.ndarray, *, height: int, width: int, levels: int) -> None:
        count, self.m = inputs.shape
        self.s = outputs.shape[1]
        parts = self.m + self.s + 1
        self.own_inputs = np.where(inputs > 0, inputs, 1.0)
        self.own_outputs = np.where(outputs > 0, outputs, 1.0)
        self.size = np.hstack([1 / self.own_inputs, 1 / self.own_outputs, np.ones((count, 1))])
        self.rows = np.zeros((count, height, parts))
        self.cost_units = np.zeros((count, levels, parts))
        self.extra = np.zeros((count, height, width))
        self.cost_extra = np.zeros((count, levels, width))
        self.right = np.zeros((count, height))
        self.start = np.full(height, -1)
        self.of_inputs = np.arange(self.m)
        self.of_outputs = self.m + np.arange(self.s)
        # Combinations of units: rows of inputs and of outputs, over the unit's own.
        self.rows[:, self.of_inputs, self.of_inputs] = 1 / self.own_inputs
        self.rows[:, self.of_outputs, self.of_outputs] = 1 / self.own_outputs

    def finish(self, first_slack: int) -> Programmes:
        return Programmes(
            self.size,
            self.rows,
            self.cost_units,
            self.extra,
            self.cost_extra,
            self.right,
            self.start,
            np.hstack([self.own_inputs, self.own_outputs]),
            first_slack,
        )


def radial(inputs: np.ndarray, outputs: np.ndarray, *, orientation: str, vrs: bool, slacks: bool = True) -> Programmes:
    """Write down the radial programmes of Charnes, Cooper and Rhodes, or of Banker, Charnes and Cooper.

    Input-oriented: minimise theta where combinations use at most theta times the inputs and make the outputs.
    Output-oriented: maximise phi (minimise -phi) where they use the inputs and make phi times the outputs. With
    `slacks`, the sum of slacks, each over the mean of its variable, is then maximised.
    """
    m, s = inputs.shape[1], outputs.shape[1]
    draft = _Draft(inputs, outputs, height=m + s + vrs, width=1 + m + s, levels=1 + slacks)
    draft.extra[:, draft.of_inputs, 1 + draft.of_inputs] = 1.0
    draft.start[:m] = 1 + draft.of_inputs
    if orientation == "input":
        draft.extra[:, draft.of_inputs, 0] = -inputs / draft.own_inputs
        draft.extra[:, draft.of_outputs, 1 + draft.of_outputs] = -1.0
        draft.right[:, draft.of_outputs] = outputs / draft.own_outputs
        draft.cost_extra[:, 0, 0] = 1.0
    else:
        draft.rows[:, draft.of_outputs] *= -1.0
        draft.extra[:, draft.of_outputs, 0] = outputs / draft.own_outputs
        draft.extra[:, draft.of_outputs, 1 + draft.of_outputs] = 1.0
        draft.start[m : m + s] = 1 + draft.of_outputs
        draft.right[:, draft.of_inputs] = inputs / draft.own_inputs
        draft.cost_extra[:, 0, 0] = -1.0
    if slacks:
        draft.cost_extra[:, 1, 1 : 1 + m] = -draft.own_inputs
        draft.cost_extra[:, 1, 1 + m :] = -draft.own_outputs
    _convexity(draft, vrs=vrs)
    return draft.finish(1)


def _convexity(draft: _Draft, *, vrs: bool) -> None:
    """Under variable returns, let the shares of the units sum to one."""
    if vrs:
        draft.rows[:, -1, -1] = 1.0
        draft.right[:, -1] = 1.0


def slacks_based(inputs: np.ndarray, outputs: np.ndarray, *, orientation: str, vrs: bool) -> Programmes:
    """Write down the slacks-based measure of Tone (2001), of positive data.

    Not oriented: by the change of variables of Charnes and Cooper, minimise the mean of the combined inputs over the
    unit's own, where the mean of the combined outputs over the unit's own is 1; t is the first extra variable, and
    shares and slacks are t times what they stand for; of equally good targets, that with the least change of outputs
    (under constant returns there are many, larger and smaller). Oriented: one of the two means, the other side being
    kept, whose slacks are then maximised.
    """
    m, s = inputs.shape[1], outputs.shape[1]
    if orientation == "none":
        draft = _Draft(inputs, outputs, height=m + s + 1 + vrs, width=1 + m + s, levels=2)
        draft.rows[:, m + s, draft.of_outputs] = 1 / (s * draft.own_outputs)
        draft.rows[:, draft.of_outputs] *= -1.0
        draft.extra[:, draft.of_inputs, 0] = -1.0
        draft.extra[:, draft.of_outputs, 0] = 1.0
        both = np.arange(m + s)
        draft.extra[:, both, 1 + both] = 1.0
        draft.start[: m + s] = 1 + both
        draft.right[:, m + s] = 1.0
        draft.cost_units[:, 0, draft.of_inputs] = 1 / (m * draft.own_inputs)
        draft.cost_extra[:, 1, 0] = -1.0  # the larger t is, the less outputs change
        if vrs:
            draft.rows[:, -1, -1] = 1.0
            draft.extra[:, -1, 0] = -1.0
        return draft.finish(1)
    draft = _Draft(inputs, outputs, height=m + s + vrs, width=m + s, levels=2)
    draft.extra[:, draft.of_inputs, draft.of_inputs] = 1.0
    draft.extra[:, draft.of_outputs, draft.of_outputs] = -1.0
    draft.start[:m] = draft.of_inputs
    draft.right[:, : m + s] = 1.0
    if orientation == "input":
        draft.cost_units[:, 0, draft.of_inputs] = 1 / (m * draft.own_inputs)
        draft.cost_extra[:, 1, draft.of_outputs] = -1.0
    else:
        draft.cost_units[:, 0, draft.of_outputs] = -1 / (s * draft.own_outputs)
        draft.cost_extra[:, 1, draft.of_inputs] = -1.0
    _convexity(draft, vrs=vrs)
    return draft.finish(0)


def super_slacks_based(inputs: np.ndarray, outputs: np.ndarray, *, orientation: str, vrs: bool) -> Programmes:
    """Write down the super-efficiency of Tone (2002): how far a unit is from what the others can do.

    Inputs may grow by a share a (of the unit's own), outputs shrink by a share d of at most one. Not oriented: minimise
    (1 + mean a) / (1 - mean d), by the change of variables of Charnes and Cooper with t the first extra variable; of
    equally good targets, that with the least change of outputs. Only inputs or only outputs change when oriented. The
    slacks here are what inputs and outputs change by.
    """
    m, s = inputs.shape[1], outputs.shape[1]
    free = orientation == "none"
    grow, shrink = orientation != "output", orientation != "input"
    lower, upper = int(free), int(free) + m  # places of a and d
    bound, spare = upper + s, upper + 2 * s  # places of 1 - d and of the slacks of the rows
    height = m + s + shrink * s + free + vrs
    draft = _Draft(inputs, outputs, height=height, width=spare + m + s, levels=1 + free)
    draft.extra[:, draft.of_inputs, spare + draft.of_inputs] = 1.0
    draft.start[:m] = spare + draft.of_inputs
    if grow:
        draft.extra[:, draft.of_inputs, lower + np.arange(m)] = -1.0
        draft.cost_extra[:, 0, lower : lower + m] = 1 / m
    draft.extra[:, draft.of_outputs, spare + draft.of_outputs] = -1.0
    if shrink:
        draft.extra[:, draft.of_outputs, upper + np.arange(s)] = 1.0
        rows = m + s + np.arange(s)
        draft.extra[:, rows, upper + np.arange(s)] = 1.0
        draft.extra[:, rows, bound + np.arange(s)] = 1.0
        draft.start[rows] = bound + np.arange(s)
    if free:
        draft.extra[:, : m + 2 * s, 0] = -1.0
        norm = m + 2 * s
        draft.extra[:, norm, 0] = 1.0
        draft.extra[:, norm, upper : upper + s] = -1 / s
        draft.right[:, norm] = 1.0
        draft.cost_extra[:, :, 0] = 1.0  # the smaller t is, the less outputs change
        if vrs:
            draft.rows[:, -1, -1] = 1.0
            draft.extra[:, -1, 0] = -1.0
    else:
        draft.right[:, : height - vrs] = 1.0
        if shrink:
            draft.cost_extra[:, 0, upper : upper + s] = 1 / s
        _convexity(draft, vrs=vrs)
    return draft.finish(lower)
