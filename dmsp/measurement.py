"""What is known of restored pictures, with their figures where there is a truth."""

from dmsp import metrics
from dmsp.doubts import contradiction
from dmsp.operators import Grey
from dmsp.reports import PictureResult

FIELD_OF_VIEW = "observed field of view (the kernel's radius left out)"
REGISTERED = ", the truth moved to where the restored picture is"
NO_TRUTH = "not measured: there is no truth"


class Measurement:
    """Makes :class:`dmsp.reports.PictureResult` of what the solver returns.

    Args:
        protocol_for: function of an operator that returns the :class:`dmsp.metrics.Protocol`.
        blurred_with: kernel of the blur where that of the operator is an estimate of it,
            else ``None``.
    """

    def __init__(self, protocol_for, blurred_with=None):
        self._protocol_for = protocol_for
        self._blurred_with = blurred_with

    def results(self, batch, outcomes):
        """Yield the result of each picture, measured.

        Args:
            batch: :class:`dmsp.preparation.Batch`.
            outcomes: :class:`dmsp.restoration.Outcome` of each.
        """
        truths = batch.truths or [None] * len(outcomes)
        observations = batch.observations or ()
        shown = batch.shown or (batch.operator.display(y) for y in observations)
        parts = zip(batch.pictures, truths, shown, outcomes, batch.facts)
        for picture, truth, degraded, outcome, facts in parts:
            result = self._result(batch.operator, picture, degraded, outcome, facts)
            if truth is None:
                yield _seen(result, batch.operator, picture, outcome)
            else:
                yield self._measured(result, batch.operator, truth, outcome)

    def _result(self, operator, picture, degraded, outcome, facts):
        """Return what is known of a restored picture with or without a truth."""
        estimated = self._blurred_with is not None
        return PictureResult(
            name=picture.name,
            restored=outcome.restored,
            degraded=degraded,
            kernel=self._blurred_with if estimated else operator.kernel,
            estimated_kernel=operator.kernel if estimated else None,
            note=picture.note,
            form=picture.form if isinstance(operator, Grey) else picture.form.coloured(),
            status=outcome.status,
            iterations=outcome.iterations,
            facts=dict(facts, metric_protocol=NO_TRUTH),
        )

    def _measured(self, result, operator, truth, outcome):
        """Return a result with its figures."""
        view = operator.in_view(truth)
        protocol = self._protocol_for(operator)
        whole = view.shape == truth.shape
        named = "{}, of the {}{}".format(
            protocol.name,
            "whole picture" if whole else FIELD_OF_VIEW,
            "" if self._blurred_with is None else REGISTERED,
        )
        return result._replace(
            truth=view,
            psnr=metrics.psnr(outcome.restored, view, protocol),
            ssim=metrics.ssim(outcome.restored, view, protocol),
            psnr_baseline=metrics.psnr(outcome.baseline, view, protocol),
            baseline=operator.baseline_name,
            facts=dict(result.facts, metric_protocol=named),
        )


def _seen(result, operator, picture, outcome):
    """Return the result of a photograph, of which there is no truth."""
    residual = outcome.iterations[-1].get("residual") if outcome.iterations else None
    doubt = contradiction(operator.kernel, result.facts.get("noise_told"), residual)
    result = result._replace(
        doubt=doubt, note=", ".join(part for part in (picture.note, doubt) if part)
    )
    if operator.scale == 1:
        return result
    return result._replace(degraded=outcome.baseline, baseline=operator.baseline_name)
