"""Importance weights, proposals and refinement, against conjugate posteriors and scipy's laws."""

import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtri
from scipy.stats import multivariate_normal, norm

from counterpulse.analysis.bedside.quantities import load
from counterpulse.analysis.match import refinement
from counterpulse.analysis.match.posterior import weighted_quantiles
from counterpulse.analysis.match.proposal import DEFENSIVE, Normal, Proposal, learnt
from counterpulse.analysis.match.request import read
from counterpulse.analysis.match.weights import KEPT, effective_size, normalised, resampled, weigh
from counterpulse.analysis.reading import stream
from counterpulse.sweeps.design.weighting import WEIGHT
from counterpulse.sweeps.spec.candidates import positions
from counterpulse.sweeps.spec.file import from_canonical

SPEC = {
    "cohort": "ami-cs", "patients": 20_000, "seed": 3, "design": "sobol", "window": False,
    "arms": {"off": {}, "iabp": {"balloon_volume": 40.0}},
}  # fmt: skip
SLOPES = {"mean_arterial_pressure": (65.0, 6.0, 3.0), "cardiac_output": (3.6, 0.5, -0.3)}
"""Outcome to its mean, and its slopes along the first and the second coordinate of the law."""


def outcomes(places):
    """A model that is a plane over two standard normal coordinates (patient, coordinate)."""
    size = len(places)
    data = {
        name: (("patient", "arm"), np.repeat((mean + places[:, :2] @ np.array(slopes))[:, None], 2, axis=1))
        for name, (mean, *slopes) in SLOPES.items()
    }
    data["status"] = (("patient", "arm"), np.full((size, 2), 1, np.uint8))
    data["index"] = ("patient", np.arange(size))
    return xr.Dataset(data, {"arm": np.array(["off", "iabp"], dtype=object)})


@pytest.fixture(scope="module")
def spec():
    return from_canonical(SPEC)


@pytest.fixture(scope="module")
def store(spec):
    columns, _ = positions(spec, np.arange(spec.patients))
    return outcomes(ndtri(columns).T)


def measured(*texts):
    return read(texts, load(), ("off", "iabp"), "off")


def conjugate(texts):
    """Mean and covariance of the two coordinates given what was measured, and the density of that."""
    ones = measured(*texts)
    slope = np.array([SLOPES[each.quantity.measures][1:] for each in ones])
    middle = np.array([SLOPES[each.quantity.measures][0] for each in ones])
    noise = np.diag([each.error**2 for each in ones])
    value = np.array([each.value for each in ones])
    covariance = np.linalg.inv(np.eye(2) + slope.T @ np.linalg.inv(noise) @ slope)
    mean = covariance @ slope.T @ np.linalg.inv(noise) @ (value - middle)
    evidence = multivariate_normal(middle, slope @ slope.T + noise).pdf(value)
    return mean, covariance, evidence


def test_weights_give_the_conjugate_posterior(store, spec):
    texts = ["MAP=60+-4", "CO=3.9+-.4"]
    found = weigh(store, measured(*texts), "off")
    places = ndtri(positions(spec, found.rows)[0]).T[:, :2]
    weight = normalised(found.log_weight)
    mean, covariance, evidence = conjugate(texts)
    middle = weight @ places
    assert middle == pytest.approx(mean, abs=0.03)
    assert (weight * (places - middle).T) @ (places - middle) == pytest.approx(covariance, abs=0.04)
    assert np.exp(found.log_weight).sum() / found.run / (2 * np.pi) == pytest.approx(evidence, rel=0.03)
    assert (found.run, found.matched) == (20_000, 20_000)


def test_the_pieces_do_not_matter(store, monkeypatch):
    ones = measured("MAP=78+-1", "CO=5+-.1")
    whole = weigh(store, ones, "off")
    monkeypatch.setattr(stream, "ROWS_AT_ONCE", 777)
    monkeypatch.setattr(stream, "ROWS_READ", 2500)
    again = weigh(store, ones, "off")
    assert np.array_equal(whole.rows, again.rows)
    assert np.array_equal(whole.log_weight, again.log_weight)
    assert KEPT <= len(whole.rows) < 20_000


def test_sampling_weights_count(store):
    """Twice the weight is twice the patients."""
    ones = measured("MAP=64")
    double = store.assign({WEIGHT: ("patient", np.where(np.arange(20_000) < 10_000, 2.0, 1.0))})
    plain, found = weigh(store, ones, "off"), weigh(double, ones, "off")
    both, here, there = np.intersect1d(found.rows, plain.rows, return_indices=True)
    assert len(both) > 19_000
    gain = found.log_weight[here] - plain.log_weight[there]
    assert gain == pytest.approx(np.where(both < 10_000, np.log(2), 0))


def test_who_has_no_result_has_no_weight(store):
    status = store["status"].copy()
    status[:15_000, 0] = 3
    found = weigh(store.assign(status=status), measured("MAP=64"), "off")
    assert found.rows.min() == 15_000
    assert found.matched == 5_000


def test_effective_size():
    assert effective_size(np.zeros(10)) == pytest.approx(10)
    assert effective_size(np.array([0.0, -800.0])) == pytest.approx(1)


def test_quantiles_and_resampling_of_weights():
    random = np.random.default_rng(0)
    values = random.standard_normal(50_000)
    weight = np.exp(values - 0.5)  # tilts the standard normal law to one of mean 1
    levels = (0.05, 0.5, 0.95)
    assert weighted_quantiles(values, weight, levels) == pytest.approx(norm(1).ppf(levels), abs=0.06)
    drawn = resampled(weight, 4000, random)
    assert drawn.sum() == pytest.approx(1)
    assert weighted_quantiles(values, drawn, levels) == pytest.approx(norm(1).ppf(levels), abs=0.1)


def test_density_of_a_normal_law_against_scipy():
    random = np.random.default_rng(1)
    root = random.standard_normal((4, 4))
    mean, covariance = random.standard_normal(4), root @ root.T + np.eye(4)
    law, places = Normal.of(mean, covariance), random.standard_normal((50, 4))
    theirs = multivariate_normal(mean, covariance).logpdf(places) - multivariate_normal(np.zeros(4)).logpdf(places)
    assert law.log_ratio(places) == pytest.approx(theirs)
    drawn = law.drawn(random.standard_normal((100_000, 4)))
    assert np.cov(drawn.T) == pytest.approx(covariance, abs=0.15)


def test_draws_of_a_proposal_have_its_density():
    """The mean of one over the ratio, under the proposal, is one: whatever the parts."""
    random = np.random.default_rng(2)
    proposal = Proposal(
        (Normal.of(np.array([2.0, 0]), 0.3 * np.eye(2)), Normal.of(np.array([0, -1.0]), 0.5 * np.eye(2)))
    )
    places = proposal.drawn(200_000, random)
    back = 1 / proposal.ratio(places)
    assert back.mean() == pytest.approx(1, abs=0.01)
    assert back.max() <= 1 / DEFENSIVE
    assert (back * places.T).mean(axis=1) == pytest.approx([0, 0], abs=0.02)


def test_of_a_plane_the_proposal_is_the_posterior():
    random = np.random.default_rng(3)
    places = random.standard_normal((5000, 6))
    slope = random.standard_normal((2, 6))
    true, value, spread = places @ slope.T, np.array([5.0, -4.0]), np.array([0.5, 0.7])
    log_weight = -0.5 * (((value - true) / spread) ** 2).sum(axis=1)
    law = learnt(places, log_weight, true, value, spread, np.zeros(5000)).parts[0]
    # errors are taken wider by a factor of 1.3
    precision = np.eye(6) + slope.T @ np.diag(1 / (1.3 * spread) ** 2) @ slope
    assert law.factor @ law.factor.T == pytest.approx(np.linalg.inv(precision), abs=0.02)
    assert law.mean == pytest.approx(np.linalg.solve(precision, slope.T @ (value / (1.3 * spread) ** 2)), abs=0.1)


@pytest.fixture
def refined(store, spec, monkeypatch):
    """Refine with the plane for a model; the places of all patients come with it."""
    drawn = []

    def simulated(spec, patients, warm_start, threads):
        return outcomes(drawn[-1])

    def candidates_at(spec, columns, index):
        drawn.append(ndtri(columns).T)

    monkeypatch.setattr(refinement, "simulated", simulated)
    monkeypatch.setattr(refinement, "candidates_at", candidates_at)

    def run(texts, simulations=8192, effective=1000.0, seed=0):
        drawn.clear()
        ones = measured(*texts)
        found = weigh(store, ones, "off")
        result = refinement.refine(
            store, found, ones, spec, "off", effective=effective, simulations=simulations, seed=seed, warm_start=None,
            threads=1,
        )  # fmt: skip
        places = np.concatenate([ndtri(positions(spec, result.rows)[0]).T, *drawn])
        return found, result, places[:, :2]

    return run


@pytest.mark.parametrize("texts", [["MAP=85+-1", "CO=4.2+-.1"], ["MAP=50+-.5"], ["CO=5.6+-.05", "MAP=70+-.5"]])
def test_refinement_gives_the_conjugate_posterior(refined, texts):
    found, result, places = refined(texts)
    mean, covariance, evidence = conjugate(texts)
    before, weight = effective_size(found.log_weight), normalised(result.log_weight)
    assert before < 300
    assert result.effective >= 1000
    middle = weight @ places
    error = np.sqrt(np.diag(covariance) / 1000)
    assert np.abs(middle - mean).max() < 4 * error.max()
    assert (weight * (places - middle).T) @ (places - middle) == pytest.approx(covariance, abs=0.15 * covariance.max())
    # the weights add up to the density of what was measured, which no normalisation hides
    assert np.exp(result.log_weight).sum() / (2 * np.pi) ** (len(texts) / 2) == pytest.approx(evidence, rel=0.12)


def test_refinement_hangs_on_the_seed_alone(refined):
    texts = ["MAP=50+-.5"]
    (_, one, _), (_, again, _), (_, other, _) = refined(texts), refined(texts), refined(texts, seed=1)
    assert np.array_equal(one.log_weight, again.log_weight)
    assert not np.array_equal(one.log_weight[-100:], other.log_weight[-100:])


def test_the_number_of_simulations_is_bounded(refined):
    _, result, _ = refined(["MAP=50+-.5"], simulations=300, effective=1e5)
    assert result.simulations == 300
    _, result, _ = refined(["MAP=50+-.5"], simulations=0)
    assert (result.simulations, result.fresh) == (0, None)


def test_nothing_is_simulated_where_the_store_is_enough(refined):
    _, result, _ = refined(["MAP=65"])
    assert result.simulations == 0
