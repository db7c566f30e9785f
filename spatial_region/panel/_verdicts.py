"""Findings of tests and what they say in words; another language is another table of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from spatial_region.core.frozen import FrozenDict
from spatial_region.panel._lm_value import TestValue

GROUPS = ("effects", "lm", "models", "residuals")

# Cautions about rejecting too easily.
_ON_REJECTION = ("many_regions",)

ENGLISH: Mapping[str, str] = FrozenDict(
    {
        # groups
        "group.effects": "Effects",
        "group.lm": "Lagrange multiplier tests of least squares",
        "group.models": "Nested models",
        "group.residuals": "Residuals",
        # models and hypotheses
        "ols": "OLS",
        "slx": "SLX",
        "sar": "SAR",
        "sem": "SEM",
        "sac": "SAC",
        "sdm": "SDM",
        "sdem": "SDEM",
        "gns": "GNS",
        "no_region": "the absence of region effects",
        "region": "region effects",
        "no_time": "the absence of time effects",
        "time": "time effects",
        "no_effects": "the absence of region and time effects",
        "twoway": "region and time effects",
        "pooled": "no effects",
        "random": "random region effects",
        "fixed": "fixed region effects",
        "no_serial": "the absence of serial correlation",
        "serial": "serial correlation",
        "no_error": "the absence of spatial errors",
        "error": "spatial errors",
        "no_random": "the absence of random effects",
        "nothing": "the absence of random effects, spatial errors and serial correlation",
        "neither": "the absence of random effects and spatial errors",
        "something": "one of them at least",
        "uncorrelated": "the absence of spatial autocorrelation",
        "positive": "positive autocorrelation",
        "negative": "negative autocorrelation",
        "independent": "the independence of regions",
        "dependent": "dependence",
        # verdicts
        "rejects": "rejects {null} in favour of {alternative}",
        "keeps": "does not reject {null}",
        "undefined": "not defined for these data",
        "uninformative": "says nothing: time effects force residuals to cancel",
        # conditions and cautions, appended to a verdict
        "given_lambda": "allowing for a small lambda",
        "given_rho": "allowing for a small rho",
        "given_theta": "allowing for small theta",
        "given_random": "allowing for random effects",
        "given_error": "allowing for spatial errors",
        "given_random_serial": "allowing for random effects and serial correlation",
        "given_random_error": "allowing for random effects and spatial errors",
        "given_serial_error": "allowing for serial correlation and spatial errors",
        "indefinite": "but its covariance is not positive ({negative} of {compared} directions left out): "
        "go by Mundlak's test",
        "many_regions": "but too often unless times far outnumber regions",
        # the reasoning of the suggestion
        "step.lm_none": "LM tests find neither a spatial lag nor spatial errors",
        "step.lm_lag": "robust LM tests point to a spatial lag",
        "step.lm_error": "robust LM tests point to spatial errors",
        "step.lm_both": "robust LM tests point to both a spatial lag and spatial errors",
        "step.lm_unclear": "LM tests find spatial dependence, but robust ones do not tell a lag from errors",
        "step.slx_keeps": "lagged regressors add nothing to OLS",
        "step.slx_rejects": "lagged regressors improve OLS",
        "step.sdm_keeps_slx": "SDM does not improve on SLX",
        "step.sdm_rejects_slx": "SDM improves on SLX",
        "step.rejects": "the LR test rejects {nested} against SDM",
        "step.keeps": "the LR test does not reject {nested} against SDM",
        "step.no_test": "SDM cannot be tested against {nested}",
        "step.conflict": "LM and LR tests point to different models, and SDM covers both",
        "step.wald": "Wald and LR tests of {nested} against SDM disagree (p = {wald:.3g} and {ratio:.3g})",
        "step.sdem": "SDEM has a higher log-likelihood than SDM by {gap:.3g} (not nested; compare_models weighs them)",
        "step.no_sdm": "SDM could not be fitted",
        "step.effects": "tests of effects point to {wanted}",
        "step.other_effects": "tests of effects point to {wanted}, while the tests below hold for {used}",
        "step.random": "Mundlak's test does not reject random region effects",
        "step.fixed": "Mundlak's test rejects random region effects in favour of fixed ones",
    }
)


@dataclass(frozen=True)
class Finding:
    """One test: its value, and the hypotheses between which it decides.

    Attributes
    ----------
    key : str
        Name of the test, such as ``lr_sdm_sar``.
    group : str
        One of `GROUPS`.
    value : TestValue
    null, alternative : str
        Keys of words.
    remark : str or None
        Key of words to append, with `fields`.
    is_informative : bool
        False when the p-value has no meaning.
    """

    key: str
    group: str
    value: TestValue
    null: str
    alternative: str
    remark: str | None = None
    fields: Mapping[str, object] = field(default_factory=FrozenDict)
    is_informative: bool = True

    def rejects(self, level: float) -> bool:
        """Return whether the null hypothesis is rejected."""
        return bool(self.is_informative and self.value.p < level)

    def verdict_key(self, level: float) -> str:
        """Return the key of the verdict: ``rejects``, ``keeps``, ``undefined`` or ``uninformative``."""
        if np.isnan(self.value.p):
            return "undefined"
        if not self.is_informative:
            return "uninformative"
        return "rejects" if self.rejects(level) else "keeps"

    def verdict(self, level: float, words: Mapping[str, str] = ENGLISH) -> str:
        """Return the verdict in words."""
        key = self.verdict_key(level)
        said = words[key].format(null=words[self.null], alternative=words[self.alternative])
        apt = key == "rejects" or (key == "keeps" and self.remark not in _ON_REJECTION)
        if self.remark is None or not apt:
            return said
        return f"{said}, {words[self.remark].format(**self.fields)}"


@dataclass(frozen=True)
class Step:
    """One step of a reasoning: the key of its words, and what is filled in; values that are keys are put in words."""

    key: str
    fields: Mapping[str, object] = field(default_factory=FrozenDict)

    def say(self, words: Mapping[str, str] = ENGLISH) -> str:
        """Return the step in words."""
        filled = {name: words.get(v, v) if isinstance(v, str) else v for name, v in self.fields.items()}
        return words[self.key].format(**filled)


@dataclass(frozen=True)
class Suggestion:
    """What the tests suggest, and why.

    Attributes
    ----------
    model : str
    effects : str or None
        None for a cross-section.
    steps : tuple of Step
        The reasoning, in order.
    """

    model: str
    effects: str | None
    steps: tuple[Step, ...]

    def say(self, words: Mapping[str, str] = ENGLISH) -> str:
        """Return the suggestion and its reasoning in words."""
        reasons = "; ".join(step.say(words) for step in self.steps)
        effects = f" ({words[self.effects]})" if self.effects is not None else ""
        return f"{words[self.model]}{effects}: {reasons}."

    def __str__(self) -> str:
        return self.say()
