"""Loss scaling as the plug-in has it: a condition around the update, and the status of floats."""

import tensorflow.compat.v1 as tf


class FixedLossScaleManager:
    """A loss scale that never changes."""

    def __init__(self, loss_scale, enable_overflow_check=True):
        if loss_scale < 1:
            raise ValueError("loss scale must be at least 1")
        self.scale = tf.constant(float(loss_scale))

    def get_loss_scale(self):
        """Return the scale."""
        return self.scale

    def update_loss_scale(self, finite):
        """Leave it."""
        del finite
        return tf.no_op()


class ExponentialUpdateLossScaleManager:
    """A loss scale that grows while all is finite and shrinks when it is not."""

    def __init__(
        self,
        init_loss_scale,
        incr_every_n_steps,
        decr_every_n_nan_or_inf=2,
        incr_ratio=2,
        decr_ratio=0.8,
    ):
        del incr_every_n_steps, decr_every_n_nan_or_inf, incr_ratio
        self.scale = tf.get_variable(
            "loss_scale", (), initializer=tf.constant_initializer(init_loss_scale), trainable=False
        )
        self._decrease = decr_ratio

    def get_loss_scale(self):
        """Return the scale."""
        return self.scale

    def update_loss_scale(self, finite):
        """Shrink it where the gradients were not finite."""
        factor = tf.where(finite, 1.0, self._decrease)
        return tf.assign(self.scale, self.scale * factor)


class NPULossScaleOptimizer(tf.train.Optimizer):
    """Scales the loss, and applies the gradients where they are finite."""

    def __init__(self, opt, loss_scale_manager, is_distributed=False):
        super().__init__(False, "NPULossScaleOptimizer")
        if is_distributed:
            raise ValueError("there is one NPU only")
        self._opt = opt
        self._manager = loss_scale_manager

    def compute_gradients(self, loss, var_list=None):
        """Return the gradients of the loss, computed with the scaled one."""
        scale = self._manager.get_loss_scale()
        return [(g / scale, v) for g, v in self._opt.compute_gradients(loss * scale, var_list)]

    def apply_gradients(self, grads_and_vars, global_step=None, name=None):
        """Apply them under a condition."""
        grads_and_vars = list(grads_and_vars)
        finite = tf.reduce_all([tf.reduce_all(tf.is_finite(g)) for g, _ in grads_and_vars])
        update = tf.cond(
            finite, lambda: self._opt.apply_gradients(grads_and_vars, global_step, name), tf.no_op
        )
        return tf.group(update, self._manager.update_loss_scale(finite))
